"""pygal, without the import hook that it leaves behind.

On being imported it adds an old-style finder for its plug-ins, which we have none of; Python 3.11
warns of it whenever any module whatever is looked for and not found.
"""

import sys

from pygal import Bar, HorizontalBar
from pygal.style import Style

__all__ = ["Bar", "HorizontalBar", "Style"]

sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "PluginImportFixer"]
