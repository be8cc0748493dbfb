"""Cuts this folder's tables out of the published ones: cut.py FOLDER_OF_THE_PUBLISHED_TABLES

Rows and columns stay as they are published; only whole households, campaigns and coupons are left
out. Needs pandas and pyarrow.
"""

import gzip
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SOURCE, TARGET = Path(sys.argv[1]), Path(__file__).parent

# 14, 16 and 17 qualify. 1 begins before there are 84 days of purchases, 15 ends after the last one,
# and 18 is of Type A, in which it is not known who got which coupon.
CAMPAIGNS = ["1", "14", "15", "16", "17", "18"]
QUALIFYING = ["14", "16", "17"]


def text(name):
    return pd.read_csv(SOURCE / f"{name}.csv.gz", dtype=str, keep_default_na=False)


def write(name, table):
    # Without a moment in the header the same rows give the same bytes.
    with open(TARGET / f"{name}.csv.gz", "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(table.to_csv(index=False).encode())


purchases = pq.read_table(SOURCE / "transactions.parquet").to_pandas()
members, coupons = text("campaigns"), text("coupons")
redemptions, products = text("coupon_redemptions"), text("products")
coupons = coupons[coupons.campaign_id.isin(CAMPAIGNS)]
size = coupons.groupby(["campaign_id", "coupon_upc"]).product_id.transform("nunique")
coupons = coupons[size <= coupons.campaign_id.isin(QUALIFYING).map({True: 120, False: 10})]

# The households with the fewest purchase lines (but with some): 3 that redeemed a coupon of each
# qualifying campaign, 4 other members of each, 1 member of each other campaign, and 3 of none.
lines = purchases.groupby("household_id").size()
lines = lines[lines >= 30].sort_values(kind="stable")
chosen = set()
for campaign in CAMPAIGNS:
    invited = set(members[members.campaign_id == campaign].household_id.astype(int))
    redeemed = set(redemptions[redemptions.campaign_id == campaign].household_id.astype(int))
    qualifies = campaign in QUALIFYING
    chosen.update(lines[lines.index.isin(redeemed)].index[: 3 if qualifies else 0])
    chosen.update(lines[lines.index.isin(invited - chosen)].index[: 4 if qualifies else 1])
invited = members[members.campaign_id.isin(CAMPAIGNS)].household_id.astype(int)
chosen.update(lines[~lines.index.isin(invited)].index[:3])

purchases = purchases[purchases.household_id.isin(chosen)]
names = {str(household) for household in chosen}
used = set(coupons.product_id) | set(purchases.product_id.astype(str))

pq.write_table(
    pa.Table.from_pandas(purchases, preserve_index=False),
    TARGET / "transactions.parquet",
    compression="zstd",
    compression_level=19,
    use_deprecated_int96_timestamps=True,
    store_schema=False,
)
write("products", products[products.product_id.isin(used)])
write("campaigns", members[members.household_id.isin(names) & members.campaign_id.isin(CAMPAIGNS)])
descriptions = text("campaign_descriptions")
write("campaign_descriptions", descriptions[descriptions.campaign_id.isin(CAMPAIGNS)])
write("coupons", coupons)
kept = redemptions.household_id.isin(names) & redemptions.coupon_upc.isin(coupons.coupon_upc)
write("coupon_redemptions", redemptions[kept & redemptions.campaign_id.isin(CAMPAIGNS)])
demographics = text("demographics")
write("demographics", demographics[demographics.household_id.isin(names)])
