# SPDX-License-Identifier: Apache-2.0
"""What must hold of a guest's readings, a file for each scenario. No I/O."""
