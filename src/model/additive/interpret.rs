//! Models of `InterpretML`, as `ebm.to_json()` writes them, read into ours.
//!
//! The file has, for each feature, one set of bins or several: the first for the feature's own term,
//! the second for its pairs. Its bin 0 is of missing values and its last of unseen ones. Bin weights
//! become rows, rounded. A standard deviation over bags becomes a band of 1.96 of them.
//!
//! How many people a bin was learned from such a file does not say, so `people` is 0 throughout: "not
//! known to be above the floor". Whoever imports a model answers for that; the artefact says that it
//! is imported.

mod field;

use serde_json::Value;

use self::field::At;
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{Cell, Feature, FeatureId, FeatureKind, FieldError, Nats};
use crate::model::Bins;

/// Standard errors in half the width of a 95 % band.
const BAND: f64 = 1.96;
/// Largest magnitude of a score, in nats, well within what [`Nats`] hold.
const SCORE_MAX: f64 = 1000.0;
/// The version of the file's format.
const VERSION: &str = "1.0";

/// A model of `InterpretML`, in doubles as the file has them, in our bins.
#[derive(Clone, Debug, PartialEq)]
pub struct InterpretModel {
    intercept: f64,
    mains: Vec<Main>,
    pairs: Vec<Pair>,
    /// Rows that it was trained on: the most that the bin weights of a term sum to.
    rows: u64,
}

/// The term of one feature.
#[derive(Clone, Debug, PartialEq)]
struct Main {
    feature: FeatureId,
    bins: Bins,
    table: Table,
}

/// The term of two features, ascending.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    features: [FeatureId; 2],
    bins: [Bins; 2],
    table: Table,
}

/// What a term has for each of our bins or cells.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    scores: Vec<f64>,
    bands: Vec<f64>,
    rows: Vec<u32>,
}

/// A feature of the file: which one of ours it is, and its bins for terms of one and of two features.
struct Source {
    name: String,
    feature: FeatureId,
    axes: Vec<Axis>,
}

/// Our bins, and which bin of the file each of them is.
#[derive(Clone)]
struct Axis {
    bins: Bins,
    of_file: Vec<usize>,
    /// Bins in the file.
    count: usize,
}

/// Reads the bins of one resolution.
type ReadAxis = fn(&At<'_>) -> Result<Axis, FieldError>;

/// A category and its bin in the file.
type Named<'a> = (&'a str, usize);

/// A term of the file.
enum FileTerm {
    Main(Main),
    Pair(Pair),
}

impl InterpretModel {
    /// Reads a file for a schema of these features. A feature of the file is the one of its name, else
    /// the one that is read from a column of its name.
    ///
    /// # Errors
    /// Names the field by its path in the file, and the rule: no JSON, not a model of two classes, a
    /// feature that the schema lacks or has as another kind, tables that do not fit, a term of three
    /// features, scores that are no finite numbers.
    pub fn parse(json: &[u8], features: &[Feature]) -> Result<Self, FieldError> {
        let file: Value = serde_json::from_slice(json)
            .map_err(|error| FieldError::new("file", format!("must be JSON: {error}")))?;
        let file = At::root(&file);
        let version = file.get("version")?;
        if version.text()? != VERSION {
            return Err(version.breaks(format!("must be {VERSION}")));
        }
        let ebm = file.get("ebm")?;
        check_outputs(&ebm)?;
        let intercept_at = ebm.get("intercept")?;
        let [intercept] = intercept_at.numbers()?[..] else {
            return Err(intercept_at.breaks("must be one number: a model of two classes has one score"));
        };
        check_scores(&intercept_at, &[intercept])?;
        let sources = read_features(&ebm.get("features")?, features)?;
        let (mut mains, mut pairs) = (Vec::<Main>::new(), Vec::<Pair>::new());
        let mut rows = 0;
        for term in ebm.get("terms")?.items()? {
            let twice = || term.get("term_features").map(|at| at.breaks("must not be those of another term"));
            let read = read_term(&term, &sources)?;
            let (FileTerm::Main(Main { table, .. }) | FileTerm::Pair(Pair { table, .. })) = &read;
            rows = rows.max(table.rows.iter().map(|&rows| u64::from(rows)).sum());
            match read {
                FileTerm::Main(main) => match mains.binary_search_by_key(&main.feature, |m| m.feature) {
                    Ok(_) => return Err(twice()?),
                    Err(at) => mains.insert(at, main),
                },
                FileTerm::Pair(pair) => match pairs.binary_search_by_key(&pair.features, |p| p.features) {
                    Ok(_) => return Err(twice()?),
                    Err(at) => pairs.insert(at, pair),
                },
            }
        }
        add_missing_mains(&mut mains, &pairs);
        Ok(Self { intercept, mains, pairs, rows })
    }

    /// The score of a row of which no term tells anything.
    #[must_use]
    pub const fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Rows that it was trained on, as far as its bin weights tell.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The contribution of each term to one row, in the order of the terms of [`InterpretModel::raw`]
    /// and before these are rounded to units; a withheld cell's is 0.
    #[must_use]
    pub fn attribute(&self, row: &[Cell<'_>]) -> Vec<f64> {
        let place = |bins: &Bins, feature: FeatureId| bins.encode(row[feature.index()]);
        let of_main = |main: &Main| place(&main.bins, main.feature).map_or(0.0, |bin| main.table.scores[bin]);
        let of_pair = |pair: &Pair| {
            let [one, other] = [0, 1].map(|side| place(&pair.bins[side], pair.features[side]));
            let cell = one.zip(other).map(|(one, other)| one * pair.bins[1].count() + other);
            cell.map_or(0.0, |cell| pair.table.scores[cell])
        };
        self.mains.iter().map(of_main).chain(self.pairs.iter().map(of_pair)).collect()
    }

    /// The model as it came: each score rounded to a unit, pairs stated not to be purified.
    ///
    /// # Errors
    /// When a table breaks a rule of ours.
    pub fn raw(&self) -> Result<AdditiveModel, FieldError> {
        let (shapes, pairs) = self.tables();
        AdditiveModel::unpurified(Nats::from_f64(self.intercept), shapes, pairs)
    }

    /// The model with pairs purified and tables centred; scores as of [`InterpretModel::raw`], to the
    /// unit.
    ///
    /// # Errors
    /// When a table breaks a rule of ours.
    pub fn purified(&self) -> Result<AdditiveModel, FieldError> {
        self.raw()?.purified()
    }

    fn tables(&self) -> (Vec<ShapeFunction>, Vec<PairFunction>) {
        let nats = |numbers: &[f64]| numbers.iter().map(|&number| Nats::from_f64(number)).collect::<Vec<_>>();
        let shape = |Main { feature, bins, table }: &Main| ShapeFunction {
            feature: *feature,
            bins: bins.clone(),
            scores: nats(&table.scores),
            bands: nats(&table.bands),
            people: vec![0; table.rows.len()],
            rows: table.rows.clone(),
        };
        let pair = |Pair { features, bins, table }: &Pair| PairFunction {
            features: *features,
            bins: bins.clone(),
            scores: nats(&table.scores),
            bands: nats(&table.bands),
            people: vec![0; table.rows.len()],
            rows: table.rows.clone(),
        };
        (self.mains.iter().map(shape).collect(), self.pairs.iter().map(pair).collect())
    }
}

/// Refuses what is not one score of two classes on the scale of log-odds.
fn check_outputs(ebm: &At<'_>) -> Result<(), FieldError> {
    let outputs = ebm.get("outputs")?;
    let [output] = &outputs.items()?[..] else {
        return Err(outputs.breaks("must be one: a model of one response"));
    };
    let (task, link) = (output.get("task")?, output.get("link")?);
    if task.text()? != "classification" {
        return Err(task.breaks("must be classification: Limpid predicts whether a response happens"));
    }
    let classes = output.get("classes")?;
    if classes.items()?.len() != 2 {
        return Err(classes.breaks(format!("must be two, are {}", classes.items()?.len())));
    }
    if link.text()? != "logit" {
        return Err(link.breaks("must be logit"));
    }
    Ok(())
}

fn read_features(list: &At<'_>, features: &[Feature]) -> Result<Vec<Source>, FieldError> {
    let mut sources = Vec::<Source>::new();
    for at in list.items()? {
        let name_at = at.get("name")?;
        let name = name_at.text()?;
        let by = |key: fn(&Feature) -> &str| features.iter().position(|feature| key(feature) == name);
        let place = by(|feature| &feature.name).or_else(|| by(|feature| &feature.column));
        let Some(place) = place else {
            return Err(name_at.breaks(format!("the schema has no feature or column {name:?}")));
        };
        let feature = FeatureId(u16::try_from(place).unwrap_or(u16::MAX));
        if let Some(other) = sources.iter().find(|source| source.feature == feature) {
            let rule = format!("{name:?} and {:?} are the same feature of the schema", other.name);
            return Err(name_at.breaks(rule));
        }
        let axes = read_axes(&at, &features[place])?;
        sources.push(Source { name: name.to_owned(), feature, axes });
    }
    Ok(sources)
}

/// The bins of a feature, one set for each resolution.
fn read_axes(at: &At<'_>, feature: &Feature) -> Result<Vec<Axis>, FieldError> {
    let kind = at.get("type")?;
    let (list, read): (_, ReadAxis) = match (kind.text()?, &feature.kind) {
        ("continuous", FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_)) => {
            (at.get("cuts")?, read_cuts)
        }
        ("nominal" | "ordinal", FeatureKind::Categorical) => (at.get("categories")?, read_levels),
        ("nominal" | "ordinal", FeatureKind::Flag) => (at.get("categories")?, read_flag),
        ("continuous" | "nominal" | "ordinal", _) => {
            let rule = format!("the schema has feature {} as another kind", feature.name);
            return Err(kind.breaks(rule));
        }
        _ => return Err(kind.breaks("must be continuous, nominal or ordinal")),
    };
    let axes = list.items()?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if axes.is_empty() {
        return Err(list.breaks("must have the bins of one resolution at least"));
    }
    Ok(axes)
}

fn read_cuts(at: &At<'_>) -> Result<Axis, FieldError> {
    let cuts = at.numbers()?;
    let count = cuts.len() + 3;
    let bins = Bins::Cuts(cuts);
    bins.check().map_err(|error| at.breaks(error.rule))?;
    // Ours are missing, unseen, then the intervals; theirs missing, the intervals, then unseen.
    let of_file = [0, count - 1].into_iter().chain(1..count - 1).collect();
    Ok(Axis { bins, of_file, count })
}

fn read_levels(at: &At<'_>) -> Result<Axis, FieldError> {
    let (mut names, count) = read_names(at)?;
    names.sort_unstable();
    let of_file = [0, count - 1].into_iter().chain(names.iter().map(|&(_, bin)| bin)).collect();
    let bins = Bins::Levels(names.into_iter().map(|(name, _)| name.to_owned()).collect());
    bins.check().map_err(|error| at.breaks(error.rule))?;
    Ok(Axis { bins, of_file, count })
}

/// A flag that the file has as categories: ours is 0 or 1. The one that the file lacks is unseen.
fn read_flag(at: &At<'_>) -> Result<Axis, FieldError> {
    let (names, count) = read_names(at)?;
    let mut bins = [None, None];
    for (name, bin) in names {
        let side = match name {
            "0" | "False" | "false" => 0,
            "1" | "True" | "true" => 1,
            _ => return Err(at.breaks("must be 0 and 1, False and True or false and true: it is a flag")),
        };
        if bins[side].replace(bin).is_some() {
            return Err(at.breaks("must be distinct"));
        }
    }
    let of_file = [Some(0), None].into_iter().chain(bins).map(|bin| bin.unwrap_or(count - 1)).collect();
    Ok(Axis { bins: Bins::Cuts(vec![0.5]), of_file, count })
}

/// The categories with their bins in the file, and how many bins there are; several categories may
/// share one.
fn read_names<'a>(at: &At<'a>) -> Result<(Vec<Named<'a>>, usize), FieldError> {
    let groups = at.items()?;
    let mut names = Vec::new();
    for (group, bin) in groups.iter().zip(1..) {
        if group.is_list() {
            for name in group.items()? {
                names.push((name.text()?, bin));
            }
        } else {
            names.push((group.text()?, bin));
        }
    }
    Ok((names, groups.len() + 2))
}

fn read_term(at: &At<'_>, sources: &[Source]) -> Result<FileTerm, FieldError> {
    let names = at.get("term_features")?;
    let list = names.items()?;
    let axis = |name: &At<'_>, resolution: usize| {
        let text = name.text()?;
        let source = sources.iter().find(|source| source.name == text);
        let source = source.ok_or_else(|| name.breaks(format!("{text:?} is not a feature of the file")))?;
        // A feature with one resolution has the same bins everywhere.
        Ok((source.feature, &source.axes[resolution.min(source.axes.len() - 1)]))
    };
    match &list[..] {
        [name] => {
            let (feature, axis) = axis(name, 0)?;
            let table = read_table(at, &[axis])?;
            Ok(FileTerm::Main(Main { feature, bins: axis.bins.clone(), table }))
        }
        [one, other] => {
            let ((first, rows), (second, columns)) = (axis(one, 1)?, axis(other, 1)?);
            if first == second {
                return Err(names.breaks("must be distinct"));
            }
            let table = read_table(at, &[rows, columns])?;
            let pair =
                Pair { features: [first, second], bins: [rows.bins.clone(), columns.bins.clone()], table };
            Ok(FileTerm::Pair(if first < second { pair } else { turn(pair) }))
        }
        more => Err(names.breaks(format!("must be one or two, are {}", more.len()))),
    }
}

/// Reads the tables of a term of one or two axes, in our bins.
fn read_table(at: &At<'_>, axes: &[&Axis]) -> Result<Table, FieldError> {
    let read = |list: &At<'_>| read_grid(list, axes);
    let scores_at = at.get("scores")?;
    let scores = read(&scores_at)?;
    check_scores(&scores_at, &scores)?;
    let bands = match at.find("standard_deviations")? {
        Some(list) => {
            let bands = read(&list)?;
            if bands.iter().any(|&band| !(0.0..=SCORE_MAX).contains(&band)) {
                return Err(list.breaks(format!("must be from 0 to {SCORE_MAX}")));
            }
            bands.into_iter().map(|band| BAND * band).collect()
        }
        None => vec![0.0; scores.len()],
    };
    let Some(weights) = at.find("bin_weights")? else {
        let rule = "is missing: export with detail \"interpretable\", \"mergeable\" or \"all\"";
        return Err(FieldError::new(at.path_of("bin_weights"), rule));
    };
    let rows = read(&weights)?;
    if rows.iter().any(|&weight| !(0.0..=f64::from(u32::MAX)).contains(&weight)) {
        return Err(weights.breaks(format!("must be from 0 to {}", u32::MAX)));
    }
    Ok(Table { scores, bands, rows: share_rows(&rows, axes) })
}

fn check_scores(at: &At<'_>, scores: &[f64]) -> Result<(), FieldError> {
    if scores.iter().any(|score| score.abs() > SCORE_MAX) {
        return Err(at.breaks(format!("must be from -{SCORE_MAX} to {SCORE_MAX}")));
    }
    Ok(())
}

/// A list of numbers, or a list of such lists, as the file has it; in the order of our bins.
fn read_grid(list: &At<'_>, axes: &[&Axis]) -> Result<Vec<f64>, FieldError> {
    let [axis, further @ ..] = axes else { return Ok(vec![list.number()?]) };
    list.check_length(axis.count)?;
    if further.is_empty() {
        let numbers = list.numbers()?;
        return Ok(axis.of_file.iter().map(|&bin| numbers[bin]).collect());
    }
    let rows = list.items()?.iter().map(|row| read_grid(row, further)).collect::<Result<Vec<_>, _>>()?;
    Ok(axis.of_file.iter().flat_map(|&bin| rows[bin].iter().copied()).collect())
}

/// Weights as whole rows. Those of a bin of the file that is several of ours are shared evenly.
fn share_rows(weights: &[f64], axes: &[&Axis]) -> Vec<u32> {
    let mut cells = vec![0_usize];
    for axis in axes {
        let further = |&cell: &usize| axis.of_file.iter().map(move |&bin| cell * axis.count + bin);
        cells = cells.iter().flat_map(further).collect();
    }
    let size = axes.iter().map(|axis| axis.count).product();
    let (mut parts, mut given) = (vec![0_u32; size], vec![0_u32; size]);
    for &cell in &cells {
        parts[cell] += 1;
    }
    let share = |(&cell, &weight): (&usize, &f64)| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
        let rows = weight.round() as u32;
        let share = rows / parts[cell] + u32::from(given[cell] < rows % parts[cell]);
        given[cell] += 1;
        share
    };
    cells.iter().zip(weights).map(share).collect()
}

/// The pair with its features in the other order.
fn turn(pair: Pair) -> Pair {
    let Pair { features: [one, other], bins: [down, across], table } = pair;
    let (rows, columns) = (down.count(), across.count());
    let order = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    let order: Vec<usize> = order.collect();
    let table = Table {
        scores: order.iter().map(|&cell| table.scores[cell]).collect(),
        bands: order.iter().map(|&cell| table.bands[cell]).collect(),
        rows: order.iter().map(|&cell| table.rows[cell]).collect(),
    };
    Pair { features: [other, one], bins: [across, down], table }
}

/// Gives each feature of a pair that has no term of its own one of 0, in the bins of the pair.
fn add_missing_mains(mains: &mut Vec<Main>, pairs: &[Pair]) {
    for pair in pairs {
        let across = pair.bins[1].count();
        for (side, &feature) in pair.features.iter().enumerate() {
            let Err(at) = mains.binary_search_by_key(&feature, |main| main.feature) else { continue };
            let count = pair.bins[side].count();
            let mut rows = vec![0_u32; count];
            for (cell, &in_cell) in pair.table.rows.iter().enumerate() {
                let bin = [cell / across, cell % across][side];
                rows[bin] = rows[bin].saturating_add(in_cell);
            }
            let table = Table { scores: vec![0.0; count], bands: vec![0.0; count], rows };
            mains.insert(at, Main { feature, bins: pair.bins[side].clone(), table });
        }
    }
}

#[cfg(test)]
mod tests;
