"""Limpid's additive model beside LightGBM and its TreeSHAP, on the same rows and folds.

    side_by_side.py LIMPID --example DIR --folds FILE    an example that is one flat table
    side_by_side.py LIMPID --truth [--rows N]            rows of which every contribution is known

Prints AUC and log loss over the folds, CPU seconds, and the time that an account of one row takes. With
--truth also how well the contributions of each, row by row, agree with those that the rows were drawn by.
Every figure of a row is by a model that did not train on it. Everything runs on one thread: idle threads of
LightGBM spin, which is no work.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

SEED = 1
FOLDS = 5


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        truth = None
        if arguments.truth:
            truth = write_truth(scratch, arguments.rows)
            arguments.example, arguments.folds = scratch, scratch / "folds.csv"
        rows, outcome, categories = read_example(arguments.example)
        folds = pd.read_csv(arguments.folds)["fold"].to_numpy()
        sides = [
            run_limpid(arguments, list(rows.columns), scratch),
            run_lightgbm("LightGBM", default, rows, outcome, categories, folds),
            run_lightgbm("LightGBM, early stopping", early_stopping, rows, outcome, categories, folds),
        ]
    print_sides(sides, len(rows), len(set(folds)))
    if truth is not None:
        print_truth(sides, truth)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("limpid", help="the binary")
    parser.add_argument("--example", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--truth", action="store_true")
    parser.add_argument("--rows", type=int, default=40_000, help="rows to draw with --truth")
    arguments = parser.parse_args()
    if arguments.truth == bool(arguments.example and arguments.folds):
        parser.error("give either --truth, or --example and --folds")
    return arguments


# Rows


def read_example(folder):
    """The features by name, the outcome, and which features are categories, as the schema says."""
    schema = tomllib.loads((folder / "schema.toml").read_text())
    if "table" not in schema["files"]:
        sys.exit(f"{folder}: must be one flat table")
    outcome = next(one for one in schema["outcome"] if one["response"] == "conversion")
    table = pd.read_csv(folder / schema["files"]["table"], dtype=str, keep_default_na=False)
    rows, categories = {}, []
    for feature in schema["feature"]:
        column = table[feature.get("column", feature["name"])]
        if feature["kind"] == "categorical":
            rows[feature["name"]] = column.where(column != "").astype("category")
            categories.append(feature["name"])
        else:
            yes_no = {"yes": "1", "true": "1", "no": "0", "false": "0"}
            rows[feature["name"]] = pd.to_numeric(column.replace(yes_no).replace("", np.nan))
    positive = [outcome["positive"]] if "positive" in outcome else ["1", "true", "yes"]
    return pd.DataFrame(rows), table[outcome["column"]].isin(positive).to_numpy().astype(int), categories


# The sides: each is a name, figures of every fold, seconds, and contributions (rows x features, log-odds).


def run_limpid(arguments, features, scratch):
    out, table = scratch / "report", scratch / "contributions.csv"
    command = [arguments.limpid, "evaluate", "--kind", "additive", "--example", arguments.example]
    command += ["--folds", arguments.folds, "--out", out, "--contributions", table]
    before = cpu(resource.RUSAGE_CHILDREN)
    one_thread = {**os.environ, "RAYON_NUM_THREADS": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=one_thread)
    spent = cpu(resource.RUSAGE_CHILDREN) - before
    report = json.loads((out / "report.json").read_text())
    folds = next(one for one in report["contenders"] if one["name"] == "additive")["folds"]
    timing = next(one for one in report["timings"] if one["name"] == "additive")
    lines = pd.read_csv(table).set_index("row").sort_index()
    contributions = pd.DataFrame(0.0, index=lines.index, columns=features)
    for term in lines.columns[5:]:
        # A pair is shared evenly, as Shapley values share it.
        names = [term] if term in features else term.split("+")
        for name in names:
            contributions[name] += lines[term] / len(names)
    return {
        "name": "Limpid, additive",
        "auc": [fold["auc"] for fold in folds],
        "log_loss": [fold["log_loss"] for fold in folds],
        # Loading, a fit for each fold, one on all rows, the report and the table.
        "cpu": spent / (len(folds) + 1),
        "account": sum(timing["score_seconds"]),
        "contributions": contributions.to_numpy(),
    }


def default(rows, outcome, categories):
    model = lgb.LGBMClassifier(n_estimators=100, num_leaves=31, n_jobs=1, random_state=SEED, verbose=-1)
    return model.fit(rows, outcome, categorical_feature=categories)


def early_stopping(rows, outcome, categories):
    fit, stop, fit_outcome, stop_outcome = train_test_split(
        rows, outcome, test_size=0.15, random_state=SEED, stratify=outcome
    )
    settings = {"n_estimators": 2000, "learning_rate": 0.03, "num_leaves": 15, "n_jobs": 1}
    model = lgb.LGBMClassifier(**settings, random_state=SEED, verbose=-1)
    callbacks = [lgb.early_stopping(50, verbose=False)]
    held_out = {"eval_X": stop, "eval_y": stop_outcome}
    return model.fit(fit, fit_outcome, categorical_feature=categories, callbacks=callbacks, **held_out)


def run_lightgbm(name, fit, rows, outcome, categories, folds):
    side = {"name": name, "auc": [], "log_loss": [], "account": 0.0}
    side["contributions"] = np.zeros(rows.shape)
    spent = 0.0
    for fold in sorted(set(folds)):
        train, test = folds != fold, folds == fold
        before = cpu(resource.RUSAGE_SELF)
        model = fit(rows[train], outcome[train], categories)
        spent += cpu(resource.RUSAGE_SELF) - before
        probability = model.predict_proba(rows[test])[:, 1]
        side["auc"].append(roc_auc_score(outcome[test], probability))
        side["log_loss"].append(log_loss(outcome[test], probability))
        before = cpu(resource.RUSAGE_SELF)
        contributions = model.predict(rows[test], pred_contrib=True)
        side["account"] += cpu(resource.RUSAGE_SELF) - before
        side["contributions"][test] = contributions[:, :-1]
    side["cpu"] = spent / len(side["auc"])
    return side


def cpu(whose):
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


# A known truth


def write_truth(folder, count):
    """Writes an example whose log-odds are a sum of known contributions; returns these, rows x features.

    A wave, an amount with a ceiling that follows the wave and is sometimes missing, a category of twelve
    levels, a step that follows the wave closely, and noise that follows it more closely still.
    """
    draw = np.random.default_rng(SEED)
    wave = draw.uniform(-3, 3, count)
    amount = np.round(np.exp(0.4 * wave + draw.normal(0, 0.8, count)), 2)
    missing = draw.random(count) < 0.2
    level = draw.integers(0, 12, count)
    step = np.round(wave + draw.normal(0, 1.0, count), 3)
    noise = np.round(wave + draw.normal(0, 0.5, count), 3)
    truth = pd.DataFrame(
        {
            "wave": np.sin(wave),
            "amount": np.where(missing, -0.5, 0.3 * np.minimum(amount, 4.0)),
            "level": (level * 7 % 12) / 6.0 - 1.0,
            "step": np.where(step > 0.5, 0.8, 0.0),
            "noise": 0.0,
        }
    )
    score = truth.sum(axis=1) - 1.5
    outcome = (draw.random(count) < 1 / (1 + np.exp(-score))).astype(int)
    table = {
        "wave": np.round(wave, 4),
        "amount": np.where(missing, "", amount.astype(str)),
        "level": [f"level {number:02}" for number in level],
        "step": step,
        "noise": noise,
        "outcome": outcome,
    }
    pd.DataFrame(table).to_csv(folder / "table.csv", index=False)
    pd.DataFrame({"fold": draw.integers(0, FOLDS, count)}).to_csv(folder / "folds.csv", index=False)
    (folder / "schema.toml").write_text(TRUTH_SCHEMA + "".join(map(truth_feature, truth.columns)))
    return truth


TRUTH_SCHEMA = """
name = "known-truth"
test_share = 0.2
[files]
table = "table.csv"
[[outcome]]
response = "conversion"
column = "outcome"
name = "the outcome"
"""


def truth_feature(name):
    kind = "categorical" if name == "level" else "numeric"
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
label = {{ en = "{name}", fr = "{name}" }}
"""


# What is printed


def print_sides(sides, rows, folds):
    print(f"{rows} rows, {folds} folds, one thread, LightGBM {lgb.__version__}")
    print("Mean over the folds ± standard deviation; CPU of one fit (Limpid: its share of the whole command);")
    print("account: time of a row's contributions, in one batch (Limpid: by the wall clock).\n")
    print(f"{'':<26}{'AUC':<18}{'log loss':<18}{'CPU s a fit':>12}{'account µs':>12}")
    for side in sides:
        auc, loss = (f"{np.mean(side[of]):.4f} ± {np.std(side[of], ddof=1):.4f}" for of in ("auc", "log_loss"))
        account = 1e6 * side["account"] / rows
        print(f"{side['name']:<26}{auc:<18}{loss:<18}{side['cpu']:>12.2f}{account:>12.2f}")
    print("\nAgainst the first, fold by fold (positive: it is better)")
    for side in sides[1:]:
        auc = np.subtract(sides[0]["auc"], side["auc"])
        loss = np.subtract(side["log_loss"], sides[0]["log_loss"])
        better = f"better in {sum(auc > 0)} of {folds} by AUC, in {sum(loss > 0)} by log loss"
        print(f"  {side['name']:<26}AUC {auc.mean():+.4f}, log loss {loss.mean():+.4f}; {better}")


def print_truth(sides, truth):
    """Correlation, and root mean square error in nats once both are centred, as is due to a contribution."""
    print("\nContributions beside the true ones, row by row: correlation / error in nats")
    print(f"{'':<26}" + "".join(f"{name:<18}" for name in truth.columns))
    for side in sides:
        cells = []
        for place, name in enumerate(truth.columns):
            told, true = side["contributions"][:, place], truth[name].to_numpy()
            error = np.sqrt(np.mean((told - told.mean() - true + true.mean()) ** 2))
            alike = "    -" if np.std(true) == 0 or np.std(told) == 0 else f"{np.corrcoef(told, true)[0, 1]:.3f}"
            cells.append(f"{alike} / {error:.3f}".ljust(18))
        print(f"{side['name']:<26}" + "".join(cells))


if __name__ == "__main__":
    main()
