"""The space-time graph as a dense matrix, link by link, literally as the text says, for toy sizes."""

import math

import numpy as np


def build_dense_graph(forward: np.ndarray, backward: np.ndarray, reach: int, sigma: float) -> np.ndarray:
    """Return M = I + W + W^T over nodes (frame, row, column), from flow (s, h, w, 2)."""
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    links = np.zeros((num_frames * height * width,) * 2)

    def node(frame: int, row: int, column: int) -> int:
        return (frame * height + row) * width + column

    def link(source: int, frame: int, x: float, y: float, weight: float) -> None:
        for row in (math.floor(y), math.ceil(y)):
            for column in (math.floor(x), math.ceil(x)):
                if 0 <= row < height and 0 <= column < width:
                    links[source, node(frame, row, column)] += weight

    for pivot in range(num_frames):
        for row in range(height):
            for column in range(width):
                for direction in (1, -1):
                    x, y = np.float32(column), np.float32(row)
                    for gap in range(1, reach + 1):
                        frame = pivot + direction * gap
                        if not 0 <= frame < num_frames:
                            break
                        field = forward[frame - 1] if direction == 1 else backward[frame]
                        read_row = min(max(round(float(y)), 0), height - 1)
                        read_column = min(max(round(float(x)), 0), width - 1)
                        x, y = x + field[read_row, read_column, 0], y + field[read_row, read_column, 1]
                        weight = math.exp(-(gap**2) / (2 * sigma**2))
                        link(node(pivot, row, column), frame, float(x), float(y), weight)
    return np.eye(len(links)) + links + links.T
