"""Hides torchvision from the processes that Ray starts, as on a machine without the extra `raft`.

Beside a CPU build of torch the torchvision that is installed cannot be imported (see `torchvision_without_cuda`), and
`transformers` imports it wherever it finds it.
"""

import sys

sys.modules["torchvision"] = None  # type: ignore[assignment]  # which is how Python marks what cannot be imported
