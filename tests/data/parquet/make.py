"""Makes this folder's files, with pandas 3 and pyarrow 26. The numbers are made up."""

from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
NOON = datetime(2017, 9, 4, 12, 0, 0, 250_000)


def by_pandas():
    table = pd.DataFrame(
        {
            "int": [1, -2, 9_007_199_254_740_993],
            "int_with_gap": pd.array([1, None, 3], dtype="Int64"),
            "double": [0.5, None, -1e300],
            "text": ["tea", None, "café"],
            "dictionary": pd.Categorical(["soup", "tea", "soup"]),
            "bool": [True, False, True],
            "bool_with_gap": pd.array([True, None, False], dtype="boolean"),
            "moment": pd.Series([NOON, None, NOON]).astype("datetime64[us]"),
        }
    )
    table.to_parquet(HERE / "pandas.parquet", index=False)


def by_pyarrow():
    moment = [NOON, None, NOON]
    columns = {
        "required": (pa.int64(), [1, 2, 3]),
        "int32": (pa.int32(), [-7, None, 7]),
        "uint32": (pa.uint32(), [4_000_000_000, None, 0]),
        "float": (pa.float32(), [0.25, None, float("nan")]),
        "double": (pa.float64(), [float("inf"), None, 1.0]),
        "nothing": (pa.null(), [None, None, None]),
        "date": (pa.date32(), [date(2017, 9, 4), None, date(1969, 12, 31)]),
        "millis": (pa.timestamp("ms"), moment),
        "micros_utc": (pa.timestamp("us", "UTC"), [NOON.replace(tzinfo=timezone.utc), None, None]),
        "nanos": (pa.timestamp("ns"), moment),
        "empty_text": (pa.string(), ["", None, "?"]),
    }
    schema = pa.schema(
        [pa.field(name, kind, nullable=name != "required") for name, (kind, _) in columns.items()]
    )
    table = pa.table([values for _, values in columns.values()], schema=schema)
    # Three row groups of one row: a reader must go through all of them.
    pq.write_table(table, HERE / "pyarrow.parquet", row_group_size=1, compression="zstd")
    old = pa.table({"moment": pa.array(moment, pa.timestamp("us"))})
    pq.write_table(old, HERE / "int96.parquet", use_deprecated_int96_timestamps=True)


def not_read():
    table = pa.table(
        {
            "fine": pa.array([1, 2]),
            "list": pa.array([[1], [2, 3]]),
            "decimal": pa.array([Decimal("1.50"), Decimal("2.50")]),
            "bytes": pa.array([b"tea", b"\xff\xfe"], pa.binary()),
            "uint64": pa.array([1, 2**64 - 1], pa.uint64()),
        }
    )
    pq.write_table(table, HERE / "not_read.parquet")


by_pandas()
by_pyarrow()
not_read()
