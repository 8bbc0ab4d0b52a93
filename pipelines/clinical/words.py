"""How events are said in a reason and in the evidence."""

import polars as pl

_LABELS = {
    "serum_b12": "Serum B12",
    "active_b12": "Active B12",
    "mma_serum": "Serum MMA",
    "mma_urine": "Urine MMA",
    "folate_serum": "Serum folate",
    "folate_rbc": "Red cell folate",
    "egfr": "eGFR",
    "mcv": "MCV",
    "intrinsic_factor_ab": "Intrinsic factor antibodies",
    "ttg_iga": "tTG IgA",
    "b12_injectable": "B12 injection",
    "b12_oral": "Oral B12",
    "b12_nasal": "Nasal B12",
    "b12_unknown_route": "B12 of unknown route",
    "ppi": "Proton pump inhibitor",
    "h2ra": "H2 receptor antagonist",
    "crohns_disease": "Crohn's disease",
    "small_bowel_overgrowth": "Small bowel bacterial overgrowth",
    "gastrectomy_total": "Total gastrectomy",
    "gastrectomy_partial": "Partial gastrectomy",
}


def label(concept: str = "concept") -> pl.Expr:
    """A concept in words, with a capital: ``subacute_combined_degeneration`` -> "Subacute combined degeneration"."""
    plain = pl.col(concept).str.replace_all("_", " ")
    capital = plain.str.slice(0, 1).str.to_uppercase() + plain.str.slice(1)
    return pl.col(concept).replace_strict(_LABELS, default=capital, return_dtype=pl.String)


def lower_label(concept: str = "concept") -> pl.Expr:
    """A concept in words, as it stands inside a sentence."""
    return pl.col(concept).str.replace_all("_", " ")


def result_in_words() -> pl.Expr:
    """A laboratory row as reported: "Serum B12 98 pmol/L", "Serum B12 <150 ng/L"."""
    reported = pl.col("value_reported").fill_null(pl.col("value").cast(pl.String)).fill_null("without a number")
    bare = reported.str.contains(r"^[\d.,]") & (pl.col("comparator") != "=")
    value = pl.when(bare).then(pl.concat_str("comparator", reported)).otherwise(reported)
    return pl.concat_str(label(), value, pl.col("unit_reported"), separator=" ", ignore_nulls=True)


def day(column: str | pl.Expr) -> pl.Expr:
    """A date in a sentence: 2026-08-03."""
    date = pl.col(column) if isinstance(column, str) else column
    return date.dt.to_string("%Y-%m-%d")


def sentence(*parts: str | pl.Expr) -> pl.Expr:
    """Words and columns, one after the other; null where a column is null."""
    return pl.concat_str(pl.lit(part) if isinstance(part, str) else part for part in parts)
