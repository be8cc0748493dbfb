//! The tables of a model in one array, read by codes.
//!
//! A code stands for all cells of a feature that no term of the model tells apart, so a cell is looked
//! up once, whatever the number of terms that its feature is in; from then on a contribution is read at
//! an index. Each entry is what the model itself says of one cell of that code.

use std::collections::HashMap;

use super::additive::{PairFunction, ShapeFunction};
use super::linear::{Curve, Part};
use super::{Bins, Model};
use crate::data::{Codes, Column};
use crate::domain::{Cell, FeatureId, Nats};

/// What stands for a cell; see [`Axis`].
pub type Code = u32;

/// The tables of a model whose every term adds what the bins of one feature, or of two, say.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// Those that vary come first, so that a candidate's codes are the first ones.
    axes: Vec<Axis>,
    varying: usize,
    /// What each term adds, by code or by bins; one table after the other.
    scores: Vec<Nats>,
    /// The place of each code's bin in the row or column of a pair; one side after the other.
    places: Vec<u32>,
    /// Terms of one feature: those of the features that do not vary, then the others.
    mains: Vec<Main>,
    mains_fixed: usize,
    /// Pairs: those of which no feature varies, those of which one does (it is the second), the others.
    pairs: Vec<Pair>,
    pairs_fixed: usize,
    pairs_half: usize,
}

/// A term of one feature.
#[derive(Clone, Copy, Debug)]
struct Main {
    /// Its place among the terms.
    term: u32,
    axis: u32,
    /// Where its table begins in the scores.
    table: u32,
}

/// A term of two features.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// Its place among the terms.
    term: u32,
    axes: [u32; 2],
    /// Where the places of each side's codes begin.
    places: [u32; 2],
    /// Where its table begins in the scores.
    table: u32,
}

/// How the cells of one feature become codes.
///
/// The cuts and levels are those of every term that the feature is in. Codes: a missing cell, a withheld
/// one, what is no number, a category that no term names, the intervals between cuts, the levels.
#[derive(Clone, Debug)]
struct Axis {
    feature: FeatureId,
    cuts: Vec<f64>,
    levels: HashMap<Box<str>, Code, foldhash::fast::RandomState>,
}

const MISSING: Code = 0;
const WITHHELD: Code = 1;
const NO_NUMBER: Code = 2;
const UNNAMED: Code = 3;
const FIRST_INTERVAL: Code = 4;

/// What a model says of a term, read off its parts.
enum Function<'m> {
    One(FeatureId, &'m Bins, &'m [Nats]),
    Two([FeatureId; 2], [&'m Bins; 2], &'m [Nats]),
}

impl Packed {
    /// The tables of `model`; None for a kind whose terms are no tables of bins. The features of which
    /// `varies` holds are those that differ between the candidates of a request.
    pub(super) fn of(model: &Model, varies: impl Fn(FeatureId) -> bool) -> Option<Self> {
        let functions = functions(model)?;
        let mut features = model.features();
        features.sort_by_key(|feature| !varies(*feature));
        let varying = features.iter().filter(|feature| varies(**feature)).count();
        let classes: Vec<Classes<'_>> =
            features.iter().map(|feature| Classes::of(*feature, &functions)).collect();
        let axis_of = |feature: FeatureId| features.iter().position(|known| *known == feature).unwrap_or(0);
        let mut packed = Self {
            axes: classes.iter().map(Classes::axis).collect(),
            varying,
            scores: Vec::new(),
            places: Vec::new(),
            mains: Vec::new(),
            mains_fixed: 0,
            pairs: Vec::new(),
            pairs_fixed: 0,
            pairs_half: 0,
        };
        for (term, function) in functions.iter().enumerate() {
            match *function {
                Function::One(feature, bins, scores) => {
                    packed.add_main(term, axis_of(feature), &classes, bins, scores);
                }
                Function::Two(features, bins, scores) => {
                    packed.add_pair(term, features.map(axis_of), &classes, bins, scores);
                }
            }
        }
        packed.sort();
        Some(packed)
    }

    fn add_main(&mut self, term: usize, axis: usize, classes: &[Classes<'_>], bins: &Bins, scores: &[Nats]) {
        let table = narrow(self.scores.len());
        let score = |cell| bins.encode(cell).map_or(Nats::ZERO, |bin| scores[bin]);
        self.scores.extend(classes[axis].cells().map(score));
        self.mains.push(Main { term: narrow(term), axis: narrow(axis), table });
    }

    /// The table gets a row and a column of zeros more, for withheld cells.
    fn add_pair(
        &mut self,
        term: usize,
        axes: [usize; 2],
        classes: &[Classes<'_>],
        bins: [&Bins; 2],
        scores: &[Nats],
    ) {
        let table = narrow(self.scores.len());
        let across = bins[1].count();
        for row in scores.chunks_exact(across) {
            self.scores.extend_from_slice(row);
            self.scores.push(Nats::ZERO);
        }
        self.scores.resize(self.scores.len() + across + 1, Nats::ZERO);
        let steps = [across + 1, 1];
        let places = [0, 1].map(|side| {
            let start = narrow(self.places.len());
            let place = |cell| narrow(bins[side].encode(cell).unwrap_or(bins[side].count()) * steps[side]);
            self.places.extend(classes[axes[side]].cells().map(place));
            start
        });
        let mut pair = Pair { term: narrow(term), axes: axes.map(narrow), places, table };
        // Of a pair with one side that varies, that side is the second.
        if axes[0] < self.varying && axes[1] >= self.varying {
            pair.axes.reverse();
            pair.places.reverse();
        }
        self.pairs.push(pair);
    }

    /// Puts what does not vary first.
    fn sort(&mut self) {
        let varying = self.varying;
        let varies = |axis: u32| (axis as usize) < varying;
        let sides = |pair: &Pair| pair.axes.iter().filter(|axis| varies(**axis)).count();
        self.mains.sort_by_key(|main| varies(main.axis));
        self.mains_fixed = self.mains.iter().filter(|main| !varies(main.axis)).count();
        self.pairs.sort_by_key(sides);
        self.pairs_fixed = self.pairs.iter().filter(|pair| sides(pair) == 0).count();
        self.pairs_half = self.pairs.iter().filter(|pair| sides(pair) == 1).count();
    }

    /// The features that vary, in the order of their codes.
    pub(super) fn varying(&self) -> impl ExactSizeIterator<Item = FeatureId> + '_ {
        self.axes[..self.varying].iter().map(|axis| axis.feature)
    }

    /// Codes of the cells of the features that vary, in their order.
    pub(super) fn encode(&self, cells: &[Cell<'_>], codes: &mut [Code]) {
        for ((axis, cell), code) in self.axes.iter().zip(cells).zip(codes) {
            *code = axis.encode(*cell);
        }
    }

    /// Codes of one feature that varies, one for each row of `column`.
    pub(super) fn encode_column<'t>(&self, varying: usize, column: &'t Column) -> Looked<'t> {
        self.axes[varying].encode_column(column)
    }

    /// Writes the contributions that no candidate changes, and where in its table each pair begins of
    /// which one side is known; `row` is in schema order.
    pub(super) fn open(&self, row: &[Cell<'_>], contributions: &mut [Nats], starts: &mut Vec<u32>) {
        // Codes of what varies are not looked at here.
        let mut codes = vec![WITHHELD; self.axes.len()];
        for (axis, code) in self.axes.iter().zip(&mut codes).skip(self.varying) {
            *code = axis.encode(row[axis.feature.index()]);
        }
        self.add_mains(&self.mains[..self.mains_fixed], &codes, contributions);
        self.add_pairs(&self.pairs[..self.pairs_fixed], &codes, contributions);
        let half = &self.pairs[self.pairs_fixed..][..self.pairs_half];
        starts.clear();
        starts.extend(half.iter().map(|pair| pair.table + self.place(pair, 0, &codes)));
    }

    /// Writes the contributions that a candidate changes; `starts` are those of [`Packed::open`].
    pub(super) fn attribute(&self, starts: &[u32], codes: &[Code], contributions: &mut [Nats]) {
        self.add_mains(&self.mains[self.mains_fixed..], codes, contributions);
        let (half, both) = self.pairs[self.pairs_fixed..].split_at(self.pairs_half);
        for (pair, start) in half.iter().zip(starts) {
            contributions[pair.term as usize] = self.scores[(start + self.place(pair, 1, codes)) as usize];
        }
        self.add_pairs(both, codes, contributions);
    }

    fn add_mains(&self, mains: &[Main], codes: &[Code], contributions: &mut [Nats]) {
        for main in mains {
            let entry = main.table + codes[main.axis as usize];
            contributions[main.term as usize] = self.scores[entry as usize];
        }
    }

    fn add_pairs(&self, pairs: &[Pair], codes: &[Code], contributions: &mut [Nats]) {
        for pair in pairs {
            let entry = pair.table + self.place(pair, 0, codes) + self.place(pair, 1, codes);
            contributions[pair.term as usize] = self.scores[entry as usize];
        }
    }

    fn place(&self, pair: &Pair, side: usize, codes: &[Code]) -> u32 {
        self.places[(pair.places[side] + codes[pair.axes[side] as usize]) as usize]
    }
}

impl Axis {
    fn encode(&self, cell: Cell<'_>) -> Code {
        match cell {
            Cell::Missing => MISSING,
            Cell::Withheld => WITHHELD,
            Cell::Number(number) if number.is_nan() => NO_NUMBER,
            Cell::Number(number) => FIRST_INTERVAL + narrow(self.cuts.partition_point(|&cut| cut <= number)),
            Cell::Category(name) => self.levels.get(name).copied().unwrap_or(UNNAMED),
        }
    }

    /// A cell is looked up once per code of the column, not once per row.
    fn encode_column<'t>(&self, column: &'t Column) -> Looked<'t> {
        match column.coded() {
            None => Looked::Rows((0..column.rows()).map(|row| self.encode(column.cell(row))).collect()),
            Some(coded) => {
                Looked::Codes(column, coded.codes, coded.cells.iter().map(|&c| self.encode(c)).collect())
            }
        }
    }
}

/// The codes of the rows of a column.
pub(super) enum Looked<'t> {
    /// One by one.
    Rows(Vec<Code>),
    /// By what the column's own codes stand for.
    Codes(&'t Column, &'t Codes, Vec<Code>),
    /// All withheld.
    Withheld,
}

impl Looked<'_> {
    pub(super) fn at(&self, row: usize) -> Code {
        match self {
            Self::Rows(codes) => codes[row],
            Self::Codes(column, ..) if column.is_withheld(row) => WITHHELD,
            Self::Codes(_, codes, known) => known.get(codes.at(row)).copied().unwrap_or(MISSING),
            Self::Withheld => WITHHELD,
        }
    }
}

/// What the terms of a model tell apart of one feature.
struct Classes<'m> {
    feature: FeatureId,
    cuts: Vec<f64>,
    levels: Vec<&'m str>,
    /// A name that is no level.
    unnamed: String,
}

impl<'m> Classes<'m> {
    fn of(feature: FeatureId, functions: &[Function<'m>]) -> Self {
        let mut cuts = Vec::new();
        let mut levels = Vec::new();
        let mut add = |bins: &'m Bins| match bins {
            Bins::Cuts(more) => cuts.extend_from_slice(more),
            Bins::Levels(more) => levels.extend(more.iter().map(String::as_str)),
        };
        for function in functions {
            match function {
                Function::One(of, bins, _) if *of == feature => add(bins),
                Function::One(..) => {}
                Function::Two(of, bins, _) => {
                    of.iter().zip(bins).filter(|(of, _)| **of == feature).for_each(|(_, bins)| add(bins));
                }
            }
        }
        cuts.sort_unstable_by(f64::total_cmp);
        cuts.dedup();
        levels.sort_unstable();
        levels.dedup();
        let longest = levels.iter().max_by_key(|name| name.len()).copied().unwrap_or_default();
        Self { feature, cuts, unnamed: format!("{longest}?"), levels }
    }

    /// One cell of each code, in the order of codes.
    fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let special = [Cell::Missing, Cell::Withheld, Cell::Number(f64::NAN), Cell::Category(&self.unnamed)];
        // An interval begins with its lower cut; the first one lies below all cuts.
        let below = std::iter::once(Cell::Number(f64::NEG_INFINITY));
        let intervals = below.chain(self.cuts.iter().map(|cut| Cell::Number(*cut)));
        special.into_iter().chain(intervals).chain(self.levels.iter().map(|name| Cell::Category(name)))
    }

    fn axis(&self) -> Axis {
        let first_level = FIRST_INTERVAL + narrow(self.cuts.len()) + 1;
        let levels = self.levels.iter().map(|name| Box::from(*name)).zip(first_level..).collect();
        Axis { feature: self.feature, cuts: self.cuts.clone(), levels }
    }
}

/// The terms of a model in their order; None when one is no table of bins.
fn functions(model: &Model) -> Option<Vec<Function<'_>>> {
    match model {
        Model::Additive(model) => {
            let shapes = model.shapes().iter().map(of_shape);
            Some(shapes.chain(model.pairs().iter().map(of_pair)).collect())
        }
        Model::Linear(model) => model.parts().iter().map(of_part).collect(),
        Model::Tree(_) => None,
    }
}

fn of_shape(shape: &ShapeFunction) -> Function<'_> {
    Function::One(shape.feature, &shape.bins, &shape.scores)
}

fn of_pair(pair: &PairFunction) -> Function<'_> {
    let [one, other] = &pair.bins;
    Function::Two(pair.features, [one, other], &pair.scores)
}

fn of_part(part: &Part) -> Option<Function<'_>> {
    match &part.curve {
        Curve::Steps { bins, scores } => Some(Function::One(part.feature, bins, scores)),
        Curve::Line(_) => None,
    }
}

/// A place in a table; a model of 2^32 scores does not fit an artefact.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
