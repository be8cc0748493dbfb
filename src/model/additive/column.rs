//! What is boosted on: a feature in its bins, or two features in cells.

#![allow(clippy::inline_always, reason = "kernels must be compiled for the vectors of their caller")]

use super::grid::Sides;
use crate::domain::Direction;
use crate::model::bin::{Binned, Bins, Codes};

/// A feature or a pair, as boosting sees it.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    source: Source<'a>,
    pub(super) form: Form<'a>,
    /// Whether each bin or cell may be learned.
    pub(super) learned: &'a [bool],
}

/// In which order bins lie.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// One after the other, perhaps with scores that may only go one way.
    Line(&'a Bins, Option<Direction>),
    /// Those of one feature by those of another.
    Grid(Sides),
}

/// Where the code of a row comes from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Line(&'a Codes),
    Grid([Side<'a>; 2]),
}

/// One feature of a pair: the cells of a pair are looked up as they are needed, for they would take
/// more memory than everything else.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) codes: &'a Codes,
    /// What each of the feature's codes adds to the number of the cell; the number of cells where the
    /// feature is withheld.
    pub(super) adds: &'a [u32],
}

impl<'a> Column<'a> {
    /// A feature.
    pub(super) fn line(binned: &'a Binned, direction: Option<Direction>) -> Self {
        Self {
            source: Source::Line(&binned.codes),
            form: Form::Line(&binned.bins, direction),
            learned: &binned.learned,
        }
    }

    /// A pair.
    pub(super) const fn grid(codes: [Side<'a>; 2], sides: Sides, learned: &'a [bool]) -> Self {
        Self { source: Source::Grid(codes), form: Form::Grid(sides), learned }
    }

    /// Number of bins or cells.
    pub(super) const fn count(&self) -> usize {
        self.learned.len()
    }

    /// Writes the bin or cell of the rows from `start` on; their number where withheld.
    #[inline(always)]
    pub(super) fn write(&self, start: usize, to: &mut [u32]) {
        match self.source {
            Source::Line(codes) => codes.apply(start, to, |to, code| *to = code),
            Source::Grid(sides) => write_cells(sides, self.learned.len(), start, to),
        }
    }
}

/// Writes the cell of each row from `start` on; `count` where a side is withheld.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "pairs have few bins a side")]
pub(super) fn write_cells([one, other]: [Side<'_>; 2], count: usize, start: usize, to: &mut [u32]) {
    one.codes.apply(start, to, |to, code| *to = one.adds[code as usize]);
    let withheld = count as u32;
    other.codes.apply(start, to, |to, code| *to = (*to + other.adds[code as usize]).min(withheld));
}
