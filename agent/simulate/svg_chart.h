// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace loadline::cli {

// A chart of panels over one time axis, as SVG that stands alone: its own style, for light and dark
// backgrounds, no script, no font but the viewer's.
struct SvgChart {
  struct Line {
    std::string name;
    int colour = 0;  // Of the palette.
    bool dashed = false;
    bool filled = false;           // The area below it, without the line.
    std::vector<double> values{};  // At even steps over the time axis; NaN: a gap.
  };
  struct Panel {
    std::string title;
    std::string unit{};
    double most = 0;  // Values above it are drawn at the edge; 0: by the values.
    std::vector<Line> lines{};
  };
  struct Band {  // A shaded interval of time.
    std::string name;
    double from = 0;
    double to = 0;
  };

  std::string title;
  std::string subtitle{};
  double seconds = 1;  // Length of the time axis.
  std::vector<Panel> panels{};
  std::vector<Band> bands{};

  std::string Draw() const;
};

}  // namespace loadline::cli
