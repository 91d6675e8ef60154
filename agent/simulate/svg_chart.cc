// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"

namespace loadline::cli {
namespace {

constexpr double kWidth = 1000, kLeft = 68, kRight = 24, kTop = 92, kPanel = 150, kPanelGap = 54;
constexpr double kPlotWidth = kWidth - kLeft - kRight;

// Colours that colour-blind readers tell apart too (after Okabe and Ito), a shade lighter on dark
// grounds. Classes and no CSS variables, which not every viewer of SVG knows.
constexpr char kStyle[] = R"(<style>
 svg{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
 .title{font-size:19px;font-weight:650} .sub{font-size:13px} .axis,.name{font-size:11px}
 .panel{font-weight:600} .plain{font-weight:400} .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
 .dash{stroke-dasharray:5 4} .area{fill-opacity:.18} .band{fill:#3b6fd4;fill-opacity:.08}
 .ground{fill:#fff} .title,.panel{fill:#1c2330} .sub,.axis,.name{fill:#69758a}
 .grid{stroke:#e4e8ef} .base{stroke:#a9b2c0}
 .edge{stroke:#3b6fd4;stroke-opacity:.28} .name{paint-order:stroke;stroke:#fff;stroke-width:3px}
 .l0{stroke:#1f5fd0}.f0{fill:#1f5fd0}.l1{stroke:#d55e00}.f1{fill:#d55e00}.l2{stroke:#00875f}.f2{fill:#00875f}
  .l3{stroke:#b8489a}.f3{fill:#b8489a}.l4{stroke:#7357c9}.f4{fill:#7357c9}.l5{stroke:#0a86a3}.f5{fill:#0a86a3}
  .l6{stroke:#9a7400}.f6{fill:#9a7400}.l7{stroke:#8a94a6}.f7{fill:#8a94a6}
 @media (prefers-color-scheme:dark){.ground{fill:#12161d} .title,.panel{fill:#e6eaf2}
  .sub,.axis,.name{fill:#93a0b5} .grid{stroke:#2a313d} .base{stroke:#56606f}
  .name{stroke:#12161d}
  .l0{stroke:#6aa3ff}.f0{fill:#6aa3ff}.l1{stroke:#ff9a52}.f1{fill:#ff9a52}.l2{stroke:#3fcf9f}.f2{fill:#3fcf9f}
  .l3{stroke:#ee8fd2}.f3{fill:#ee8fd2}.l4{stroke:#ad97ff}.f4{fill:#ad97ff}.l5{stroke:#4cc7e6}.f5{fill:#4cc7e6}
  .l6{stroke:#e3bb3c}.f6{fill:#e3bb3c}.l7{stroke:#8a94a6}.f7{fill:#8a94a6}}
</style>
)";

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

// 1, 2 or 5 times a power of ten: a step that gives about `steps` ticks.
double NiceStep(double most, int steps) {
  const double raw = most / steps;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      return factor * power;
    }
  }
  return 10 * power;
}

double Most(const SvgChart::Panel& panel) {
  double most = panel.most;
  if (!(most > 0)) {
    for (const SvgChart::Line& line : panel.lines) {
      for (const double value : line.values) {
        most = std::max(most, std::isfinite(value) ? 1.08 * value : 0);
      }
    }
  }
  return most > 0 ? most : 1;
}

class Painter {
 public:
  explicit Painter(const SvgChart& chart) : chart_(chart) {}

  std::string Draw() {
    const double height =
        kTop + static_cast<double>(chart_.panels.size()) * (kPanel + kPanelGap) + 6;
    out_ = Format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
        "width=\"%.0f\" height=\"%.0f\">\n",
        kWidth, height, kWidth, height);
    absl::StrAppend(&out_, kStyle, "<rect width=\"100%\" height=\"100%\" class=\"ground\"/>\n");
    Text(kLeft, 32, "title", chart_.title);
    Text(kLeft, 53, "sub", chart_.subtitle);
    double top = kTop;
    for (const SvgChart::Panel& panel : chart_.panels) {
      DrawPanel(panel, top, top == kTop);
      top += kPanel + kPanelGap;
    }
    return out_ + "</svg>\n";
  }

 private:
  double X(double seconds) const { return kLeft + kPlotWidth * seconds / chart_.seconds; }

  void Text(double x, double y, const char* style, const std::string& text,
            const char* anchor = "start") {
    absl::StrAppend(
        &out_,
        Format(R"(<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">)", x, y, style, anchor),
        Escaped(text), "</text>\n");
  }

  void DrawPanel(const SvgChart::Panel& panel, double top, bool first) {
    const double most = Most(panel);
    DrawBands(top);
    DrawGrid(panel, top, most);
    // Areas first, then what is compared with; of the rest the first one on top, for which the
    // reader came.
    constexpr std::array<std::array<bool, 2>, 3> kPasses = {{{true, false}, {false, true}, {}}};
    for (const auto [filled, dashed] : kPasses) {
      // Not std::ranges::reverse_view: clang 14 does not read that of libstdc++ 12.
      // NOLINTNEXTLINE(modernize-loop-convert)
      for (auto at = panel.lines.rbegin(); at != panel.lines.rend(); ++at) {
        const SvgChart::Line& line = *at;
        if (line.filled == filled && line.dashed == dashed) {
          DrawLine(line, top, most);
        }
      }
    }
    if (first) {
      DrawBandNames(top);
    }
    DrawLegend(panel, top);
  }

  // A line where each phase begins; where they overlap it is the darker for it.
  void DrawBands(double top) {
    for (const SvgChart::Band& band : chart_.bands) {
      const double x = X(band.from);
      absl::StrAppend(&out_,
                      Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" "
                             "class=\"band\"/>\n",
                             x, top, X(band.to) - x, kPanel),
                      Format("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" "
                             "class=\"edge\"/>\n",
                             x, x, top, top + kPanel));
    }
  }

  // After everything else, so that lines do not strike them out; in rows where they are close.
  void DrawBandNames(double top) {
    std::array<double, 3> free_from{};
    for (const SvgChart::Band& band : chart_.bands) {
      const double x = X(band.from);
      const double room = 6.2 * static_cast<double>(band.name.size());
      for (std::size_t row = 0; row < free_from.size(); ++row) {
        if (x >= free_from[row] && x + room < kWidth) {
          Text(x + 4, top + 13 + 14 * static_cast<double>(row), "name", band.name);
          free_from[row] = x + room + 10;
          break;
        }
      }
    }
  }

  void DrawGrid(const SvgChart::Panel& panel, double top, double most) {
    const double step = NiceStep(most, 4);
    double value = 0;
    while (value <= most * 1.0001) {
      const double y = top + kPanel * (1 - value / most);
      absl::StrAppend(&out_, Format("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" "
                                    "class=\"%s\"/>\n",
                                    kLeft, kWidth - kRight, y, y, value == 0 ? "base" : "grid"));
      Text(kLeft - 8, y + 4, "axis", Format("%g", value), "end");
      value += step;
    }
    const double second = NiceStep(chart_.seconds, 10);
    double at = 0;
    while (at <= chart_.seconds * 1.0001) {
      Text(X(at), top + kPanel + 16, "axis", Format("%g s", at), "middle");
      at += second;
    }
    absl::StrAppend(&out_, Format(R"(<text x="%.1f" y="%.1f" class="panel">)", kLeft, top - 9),
                    Escaped(panel.title), R"(<tspan class="axis plain" dx="7">)",
                    Escaped(panel.unit), Peak(panel, most), "</tspan></text>\n");
  }

  // What is drawn at the edge must not be taken for its height.
  static std::string Peak(const SvgChart::Panel& panel, double most) {
    double peak = 0;
    for (const SvgChart::Line& line : panel.lines) {
      for (const double value : line.values) {
        peak = std::isfinite(value) ? std::max(peak, value) : peak;
      }
    }
    return peak > 1.01 * most ? Format(", cut off; the peak is %.0f", peak) : "";
  }

  void DrawLine(const SvgChart::Line& line, double top, double most) {
    const double step =
        kPlotWidth / static_cast<double>(std::max<std::size_t>(1, line.values.size()));
    std::string path;
    bool pen_down = false;
    double first_x = kLeft, last_x = kLeft;
    for (std::size_t i = 0; i < line.values.size(); ++i) {
      const double value = line.values[i];
      if (!std::isfinite(value)) {
        pen_down = line.filled && pen_down;
        continue;
      }
      last_x = kLeft + (static_cast<double>(i) + 0.5) * step;
      first_x = path.empty() ? last_x : first_x;
      absl::StrAppend(
          &path, pen_down ? "L" : "M",
          Format("%.1f %.1f", last_x, top + kPanel * (1 - std::clamp(value / most, 0.0, 1.0))));
      pen_down = true;
    }
    if (path.empty()) {
      return;
    }
    if (line.filled) {
      absl::StrAppend(&path,
                      Format("L%.1f %.1fL%.1f %.1fZ", last_x, top + kPanel, first_x, top + kPanel));
    }
    const std::string paint =
        line.filled ? Format("class=\"area f%d\"", line.colour)
                    : Format("class=\"line%s l%d\"", line.dashed ? " dash" : "", line.colour);
    absl::StrAppend(&out_, "<path d=\"", path, "\" ", paint, "/>\n");
  }

  void DrawLegend(const SvgChart::Panel& panel, double top) {
    double x = kWidth - kRight;
    // NOLINTNEXTLINE(modernize-loop-convert): as above.
    for (auto at = panel.lines.rbegin(); at != panel.lines.rend(); ++at) {
      const SvgChart::Line& line = *at;
      x -= 6.4 * static_cast<double>(line.name.size());
      Text(x, top - 9, "axis", line.name);
      const double y = top - 13;
      if (line.filled) {
        absl::StrAppend(&out_, Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"18\" height=\"9\" "
                                      "class=\"area f%d\"/>\n",
                                      x - 23, y - 4, line.colour));
      } else {
        absl::StrAppend(&out_,
                        Format("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" "
                               "class=\"line%s l%d\"/>\n",
                               x - 23, x - 5, y, y, line.dashed ? " dash" : "", line.colour));
      }
      x -= 38;
    }
  }

  const SvgChart& chart_;
  std::string out_;
};

}  // namespace

std::string SvgChart::Draw() const { return Painter(*this).Draw(); }

}  // namespace loadline::cli
