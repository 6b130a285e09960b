"""Reads what is written on pictures, in the sandbox, with rapidocr: models that look at what strangers drew.

Run as ``python -I -S read_text.py PACKAGES PICTURES WIDTH HEIGHT``. ``PACKAGES`` is the folder that has rapidocr and
onnxruntime, ``PICTURES`` a file of pictures one after the other (blue, green, red, a byte each). For each it prints a
line of JSON: a list of lines of text, ``[text, left, top, right, bottom, score]``, in pixels.

All pictures are of one size, for the engine's memory grows with each shape that it is given. Nothing is fetched: the
models lie in rapidocr's own wheel.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ONE_THREAD = {"intra_op_num_threads": 1, "inter_op_num_threads": 1, "enable_cpu_mem_arena": False}


def main(packages: str, pictures: str, width: int, height: int) -> None:
    """Read all pictures of a file."""
    # Before they are loaded: each library would start as many threads as there are processors.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.putenv(name, "1")
    sys.path.append(packages)
    numpy = import_module("numpy")
    engine = import_module("rapidocr").RapidOCR(
        params={
            **{f"EngineConfig.onnxruntime.{name}": value for name, value in ONE_THREAD.items()},
            # Slides stand upright.
            "Global.use_cls": False,
            # Lines are found on smaller pictures as well as on whole ones, which by default would be enlarged.
            "Det.limit_type": "max",
            "Det.limit_side_len": 640,
            # Of several lines at a time all would be as long as the longest.
            "Rec.rec_batch_num": 1,
            "Global.log_level": "critical",
        }
    )
    size = width * height * 3
    with Path(pictures).open("rb") as file:
        while len(data := file.read(size)) == size:
            picture = numpy.frombuffer(data, numpy.uint8).reshape(height, width, 3)
            print(json.dumps(_lines(engine(picture))), flush=True)


def _lines(found: Any) -> list[list[Any]]:
    if found.boxes is None or found.txts is None:
        return []
    return [
        [text, *map(float, box.min(axis=0)), *map(float, box.max(axis=0)), float(score)]
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
    ]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
