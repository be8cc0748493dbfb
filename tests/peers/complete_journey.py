"""Limpid's additive model beside InterpretML's EBM and LightGBM on Complete Journey, split by time.

    complete_journey.py LIMPID TABLES [--as-of {all,84}]

TABLES is the folder of the published tables (transactions.parquet, coupons.csv.gz and so on). Of each
coupon that a member of a campaign of Type B or C received there are sixteen features, none of them a
person's traits or an id; campaigns that started before 2017-09-01 train, later ones test. All sides read
the very same rows. Limpid runs twice: told whose rows are whose, as it is in service, and not told, as the
others are. Differences have 95 % intervals by resampling people.

"Bought before" looks at all days before the campaign, or with --as-of 84 at the last 84: the two differ more
than any two models do.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

SEED = 42
DAYS = 84
DRAWS = 1000
TRAIN_BEFORE = pd.Timestamp("2017-09-01")
CATEGORIES = ["campaign_type", "category", "department"]
NUMBERS = [
    *["campaign_days", "products", "categories", "private_label_share", "baskets_in_category"],
    *["spend_in_category", "baskets", "spend", "days_since_category", "spend_in_department"],
    *["bought_before", "past_redemptions", "past_campaigns"],
]
OUTCOMES = ["purchase", "redeemed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("limpid", help="the binary")
    parser.add_argument("tables", type=Path)
    parser.add_argument("--as-of", choices=["all", "84"], default="all")
    arguments = parser.parse_args()
    rows = read_impressions(arguments.tables, None if arguments.as_of == "all" else DAYS)
    test = (rows["at"] >= TRAIN_BEFORE).to_numpy()
    person = rows["subject"].to_numpy()[test]
    print(f"{(~test).sum()} rows train, {test.sum()} test; bought before: days {arguments.as_of}")
    for outcome in OUTCOMES:
        happened = rows[outcome].to_numpy()
        print(f"\n{outcome}: {happened[~test].sum()} train, {happened[test].sum()} test")
        sides = {
            "Limpid": run_limpid(arguments.limpid, rows, outcome, ["subject", "at"]),
            "Limpid, not told people": run_limpid(arguments.limpid, rows, outcome, ["at"]),
            "EBM without pairs": run_ebm(rows, happened, test, interactions=0),
            "EBM": run_ebm(rows, happened, test),
            "LightGBM": run_lightgbm(rows, happened, test),
        }
        print_sides(sides, happened[test], person)


# Rows


def read_impressions(folder, days_before):
    """A row for each coupon and member of a campaign: features as of its start, and what followed."""
    products = pd.read_csv(folder / "products.csv.gz").fillna({"department": "?", "product_category": "?"})
    lines = pd.read_parquet(folder / "transactions.parquet").merge(products, on="product_id", how="left")
    lines = lines.fillna({"department": "?", "product_category": "?"})
    campaigns = pd.read_csv(folder / "campaigns.csv.gz")
    coupons = pd.read_csv(folder / "coupons.csv.gz").drop_duplicates()
    redemptions = pd.read_csv(folder / "coupon_redemptions.csv.gz", parse_dates=["redemption_date"])
    told = pd.read_csv(folder / "campaign_descriptions.csv.gz", parse_dates=["start_date", "end_date"])
    told = told.set_index("campaign_id").sort_index()
    first_day = lines["transaction_timestamp"].min().normalize()
    whole = (told["start_date"] >= first_day + pd.Timedelta(days=DAYS)) & (told["end_date"] <= "2018-01-01")
    parts = []
    for campaign, about in told[whole & told["campaign_type"].isin(["Type B", "Type C"])].iterrows():
        start, end = about["start_date"], about["end_date"]
        members = campaigns.loc[campaigns["campaign_id"] == campaign, "household_id"].unique()
        theirs = lines[lines["household_id"].isin(members)]
        day = theirs["transaction_timestamp"]
        before = theirs[day < start]
        window = before[before["transaction_timestamp"] >= start - pd.Timedelta(days=DAYS)]
        during = theirs[(day >= start) & (day < end + pd.Timedelta(days=1))]
        looked_at = before if days_before is None else window
        started = campaigns["campaign_id"].map(told["start_date"]) < start
        of_member = {
            "baskets": window.groupby("household_id")["basket_id"].nunique(),
            "spend": window.groupby("household_id")["sales_value"].sum(),
            "past_redemptions": redemptions[redemptions["redemption_date"] < start].groupby("household_id").size(),
            "past_campaigns": campaigns[started].groupby("household_id").size(),
        }
        in_category = window.groupby(["product_category", "household_id"])
        baskets, spend = in_category["basket_id"].nunique(), in_category["sales_value"].sum()
        last = before.groupby(["product_category", "household_id"])["transaction_timestamp"].max()
        in_department = window.groupby(["department", "household_id"])["sales_value"].sum()
        redeemed = redemptions[redemptions["campaign_id"] == campaign]
        for coupon, covered in coupons[coupons["campaign_id"] == campaign].groupby("coupon_upc"):
            covers = set(covered["product_id"])
            of_coupon = products[products["product_id"].isin(covers)]
            category, department = (main_of(of_coupon[name]) for name in ("product_category", "department"))
            met = looked_at[looked_at["product_id"].isin(covers)]
            part = pd.DataFrame({"subject": members, "at": start, "campaign_type": about["campaign_type"]})
            part["campaign_days"] = (end - start).days
            part["category"], part["department"] = category, department
            part["products"], part["categories"] = len(covers), of_coupon["product_category"].nunique()
            part["private_label_share"] = (of_coupon["brand"] == "Private").mean()
            part["baskets_in_category"] = of(baskets, category, members)
            part["spend_in_category"] = of(spend, category, members)
            for name, values in of_member.items():
                part[name] = values.reindex(members).fillna(0).to_numpy()
            since = start - (last[category] if category in last.index else last[:0].droplevel(0)).reindex(members)
            part["days_since_category"] = since.dt.days.to_numpy()
            part["spend_in_department"] = of(in_department, department, members)
            bought = met.groupby("household_id")["product_id"].nunique()
            part["bought_before"] = bought.reindex(members).fillna(0).to_numpy()
            buyers = during.loc[during["product_id"].isin(covers), "household_id"]
            part["purchase"] = np.isin(members, buyers).astype(int)
            users = redeemed.loc[redeemed["coupon_upc"] == coupon, "household_id"]
            part["redeemed"] = np.isin(members, users).astype(int)
            parts.append(part)
    return pd.concat(parts, ignore_index=True).round(4)


def main_of(names):
    """The most frequent name, the first of equally frequent ones."""
    return "?" if names.empty else names.mode().iloc[0]


def of(values, key, members):
    """`values` of `key` for each member; 0 where there is none."""
    if key not in values.index:
        return np.zeros(len(members))
    return values[key].reindex(members).fillna(0).to_numpy()


# The sides: each gives the probability of every row that tests.


def run_limpid(binary, rows, outcome, columns):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        table = rows[[*columns, *CATEGORIES, *NUMBERS, outcome]].assign(at=rows["at"].dt.strftime("%Y-%m-%d"))
        table.to_csv(folder / "table.csv", index=False)
        features = [feature(name, "categorical") for name in CATEGORIES]
        features += [feature(name, "numeric") for name in NUMBERS]
        (folder / "schema.toml").write_text(SCHEMA.format(outcome=outcome) + "".join(features))
        out = folder / "contributions.csv"
        command = [binary, "evaluate", "--kind", "additive", "--example", folder, "--contributions", out]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lines = pd.read_csv(out).set_index("row").sort_index()
    return 1 / (1 + np.exp(-lines["score"].to_numpy()))


SCHEMA = """
name = "complete-journey-by-time"
train_before = "2017-09-01"
accepted_by_all = [1, 2, 3, 4, 10]
[files]
table = "table.csv"
[[outcome]]
response = "conversion"
column = "{outcome}"
name = "{outcome}"
"""


def feature(name, kind):
    return f"""
[[feature]]
name = "{name}"
kind = "{kind}"
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "{name}"
label = {{ en = {json.dumps(name)}, fr = {json.dumps(name)} }}
"""


def run_ebm(rows, happened, test, **settings):
    model = ExplainableBoostingClassifier(n_jobs=2, random_state=SEED, **settings)
    table = rows[CATEGORIES].astype(object).join(rows[NUMBERS].astype(float))
    model.fit(table[~test].reset_index(drop=True), happened[~test])
    return model.predict_proba(table[test].reset_index(drop=True))[:, 1]


def run_lightgbm(rows, happened, test):
    table = rows[CATEGORIES].astype("category").join(rows[NUMBERS].astype(float))
    model = lgb.LGBMClassifier(n_jobs=2, random_state=SEED, verbose=-1).fit(table[~test], happened[~test])
    return model.predict_proba(table[test])[:, 1]


# What is printed


def print_sides(sides, happened, person):
    print(f"{'':<26}{'AUC':<9}{'log loss':<11}Limpid is better by (95 % interval)")
    _, number = np.unique(person, return_inverse=True)
    people = number.max() + 1
    draw = np.random.default_rng(SEED)
    counts = [np.bincount(draw.integers(0, people, people), minlength=people)[number] for _ in range(DRAWS)]
    measured = {name: measure(happened, probability, counts) for name, probability in sides.items()}
    ours = measured["Limpid"]
    for name, probability in sides.items():
        auc, loss = roc_auc_score(happened, probability), log_loss(happened, probability)
        gains = [ours[0] - measured[name][0], measured[name][1] - ours[1]]
        beyond = "" if name == "Limpid" else "AUC {}, log loss {}".format(*map(interval, gains))
        print(f"{name:<26}{auc:<9.4f}{loss:<11.4f}{beyond}")


def measure(happened, probability, counts):
    """AUC and log loss where each row counts as often as each of `counts` says."""
    order = np.argsort(probability, kind="stable")
    starts = np.flatnonzero(np.diff(probability[order], prepend=-1.0))
    happened, probability = happened[order], probability[order]
    losses = -np.log(np.where(happened == 1, probability, 1 - probability))
    aucs, means = [], []
    for count in counts:
        count = count[order]
        positive = np.add.reduceat(count * happened, starts)
        negative = np.add.reduceat(count * (1 - happened), starts)
        below = np.cumsum(negative) - negative / 2
        aucs.append((positive * below).sum() / (positive.sum() * negative.sum()))
        means.append((count * losses).sum() / count.sum())
    return np.array(aucs), np.array(means)


def interval(gains):
    low, high = np.percentile(gains, [2.5, 97.5])
    return f"{np.mean(gains):+.4f} ({low:+.4f} to {high:+.4f})"


if __name__ == "__main__":
    main()
