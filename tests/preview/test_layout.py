import numpy as np
from numpy.typing import NDArray

from hdrvid.preview.layout import GROUND, lay_out


def test_each_cell_stands_under_its_title_and_beside_its_number() -> None:
    rows = {1001: [_cell(0.2), _cell(0.4)], 1002: [_cell(0.6), _cell(0.8)]}

    sheet, labels = lay_out(rows, titles=["source", "mask"], note="note")

    placed = {label.text: label for label in labels}
    for number, values in ((1001, (0.2, 0.4)), (1002, (0.6, 0.8))):
        for title, value in zip(("source", "mask"), values, strict=True):
            row, column = placed[str(number)].y, placed[title].x
            np.testing.assert_allclose(sheet[row : row + 30, column : column + 50], value)


def test_what_no_cell_covers_is_paper() -> None:
    sheet, labels = lay_out({7: [_cell(1.0)]}, titles=["source"], note="note")

    assert (sheet == np.float32(GROUND)).all(axis=2).sum() == sheet.shape[0] * sheet.shape[1] - 30 * 50
    assert all(label.x < sheet.shape[1] and label.y + label.size < sheet.shape[0] for label in labels)


def _cell(value: float) -> NDArray[np.float32]:
    return np.full((30, 50, 3), value, np.float32)
