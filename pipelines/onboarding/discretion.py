"""What may be told of the texts in files: only what several people share, and what is short enough to be no story."""

import polars as pl

FEWEST_PEOPLE = 3
FEWEST_ROWS = 5
LONGEST = 60


def shared_texts(frame: pl.DataFrame, column: str, person: str | None) -> list[str]:
    """The texts of a column that at least three people have, or, where persons are not known, at least five rows.

    A code, a unit or the name of a test is shared by many; the name of a patient, or a remark about one, is not. The id
    of a person is never told, nor a long text.
    """
    if column == person:
        return []
    people = pl.len() >= FEWEST_ROWS if person is None else pl.col(person).n_unique() >= FEWEST_PEOPLE
    texts = frame.filter(pl.col(column).is_not_null(), pl.col(column).str.len_chars() <= LONGEST)
    return texts.group_by(column).agg(is_shared=people).filter("is_shared")[column].sort().to_list()
