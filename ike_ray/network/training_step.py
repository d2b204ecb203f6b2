"""One step of training, which a GPU repeats without being told each of its kernels."""

import logging
from collections.abc import Callable

import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

logger = logging.getLogger(__name__)

# PyTorch asks for some steps before one is recorded, in which its libraries choose their kernels and take their memory.
_NUM_STEPS_BEFORE_RECORDING = 3


class TrainingStep:
    """Takes a gradient step by AdamW on each batch that it is called with.

    On a CPU, and in the first steps on a GPU, each step is computed when it is asked for. With `is_recorded`, the GPU then
    records one step as a CUDA graph, and repeats it. The hundreds of kernels of a step of a small network take less time than
    starting them one by one, and a graph starts all of them at once. It serves batches that are as long as the first one.
    Others are computed. If a step cannot be recorded, then a warning says so, and all are computed.

    Forget the step after the last batch: the recorded one holds its memory.
    """

    def __init__(
        self,
        network: nn.Module,
        evaluate: Callable[[Int64[Tensor, " b"]], Float32[Tensor, ""]],
        *,
        learning_rate: float,
        is_recorded: bool,
    ) -> None:
        """Prepare the steps of `network`. `evaluate` returns the loss of a batch, which is the numbers of its frames."""
        is_gpu = next(network.parameters()).device.type == "cuda"
        self._evaluate = evaluate
        is_recorded = is_recorded and is_gpu
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, fused=is_gpu, capturable=is_recorded)
        self._num_steps = 0
        self._batch: Int64[Tensor, " b"] | None = None  # what the recorded step reads, of the first batch's length
        self._graph: torch.cuda.CUDAGraph | None = None
        self._aside = torch.cuda.Stream() if is_recorded else None  # for the steps before one is recorded; None if none is

    def __call__(self, batch: Int64[Tensor, " b"]) -> None:
        """Take a step on the frames with these numbers, which lie on the network's device."""
        self._num_steps += 1
        if self._batch is None:
            self._batch = batch.clone()
        if self._aside is None:
            self._compute(batch)
        elif self._num_steps <= _NUM_STEPS_BEFORE_RECORDING:
            self._compute_aside(batch, self._aside)
        elif len(batch) != len(self._batch):
            self._compute(batch)
        else:
            self._batch.copy_(batch)
            self._repeat(self._batch)

    def _compute(self, batch: Int64[Tensor, " b"]) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._evaluate(batch).backward()
        self._optimizer.step()

    def _compute_aside(self, batch: Int64[Tensor, " b"], aside: torch.cuda.Stream) -> None:
        main = torch.cuda.current_stream()
        aside.wait_stream(main)
        with torch.cuda.stream(aside):
            self._compute(batch)
        main.wait_stream(aside)

    def _repeat(self, batch: Int64[Tensor, " b"]) -> None:
        """Repeat the step that was recorded on `batch`. The first time it is recorded, which does not compute it."""
        if self._graph is None:
            graph = torch.cuda.CUDAGraph()
            try:
                # Other threads of the process may use the GPU meanwhile.
                with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                    self._compute(batch)
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:
                logger.warning("each kernel of a network's steps is started by itself, which is slower: %s", error)
                self._aside = None
                self._compute(batch)
                return
            self._graph = graph
        self._graph.replay()
