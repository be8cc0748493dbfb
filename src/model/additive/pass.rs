//! One pass over the rows for all bags at once: scores move by the last steps, gradients follow, and
//! the next columns' histograms are summed, block by block while the rows are in a near cache.

#![allow(clippy::inline_always, reason = "kernels must be compiled for the vectors of their caller")]

use std::ops::Range;

use super::column::Column;
use super::histogram::{LANES, Lanes, ROWS_A_SLOT, Scale, Slot, WideSlot};
use crate::model::link::loss;

/// Columns that step on the same gradients. Their steps together stay below one Newton step.
pub(super) const COLUMNS_A_PASS: usize = 4;
/// Rows whose scores and gradients fit a near cache together.
const BLOCK: usize = 512;
/// Most bins of a column whose histogram is summed in 32 bits first.
const SLOTS_MAX: usize = 4_096;

/// The columns of each pass, of `columns` in all.
pub(super) fn passes(columns: usize) -> impl Iterator<Item = Range<usize>> {
    (0..columns).step_by(COLUMNS_A_PASS).map(move |start| start..(start + COLUMNS_A_PASS).min(columns))
}

/// What all bags share of the training rows.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) outcome: &'a [bool],
    /// The group of people that each row is in.
    pub(super) group: &'a [u8],
    /// What each row counts for; None: 1.
    pub(super) weight: Option<&'a [f32]>,
    pub(super) scale: Scale,
}

/// Whose rows a pass sums in each bag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// Those it trains on.
    Trains,
    /// Those it leaves out.
    LeftOut,
}

/// The scores of the rows in up to eight bags.
pub(super) struct Pack {
    scores: Vec<Lanes>,
    /// By group: 1 for the bags that train on it, 0 for the others.
    trains: Vec<Lanes>,
    /// By group: 1 for the bag that leaves it out, if this pack has it.
    left_out: Vec<Lanes>,
    workers: Vec<Worker>,
}

/// What one thread sums.
struct Worker {
    codes: [Vec<u32>; COLUMNS_A_PASS],
    slots: Vec<Slot>,
    narrow: [Vec<Slot>; COLUMNS_A_PASS],
    wide: [Vec<WideSlot>; COLUMNS_A_PASS],
    /// Rows in `narrow` since it was last emptied.
    rows: usize,
    /// The loss of the rows left out, block by block.
    losses: Vec<f64>,
}

/// What a pass does to the scores.
#[derive(Clone, Copy)]
pub(super) struct Shift<'a> {
    /// What every row's score moves by.
    pub(super) intercept: Lanes,
    /// Columns with the step of each bin; the last entry is for withheld rows.
    pub(super) columns: &'a [(Column<'a>, &'a [Lanes])],
}

impl Pack {
    /// The bags from number `first` on, `bags` in all, with every score at `init`.
    pub(super) fn new(first: u16, bags: u16, groups: u16, scores: Vec<Lanes>) -> Self {
        let lanes = |of: &dyn Fn(u16) -> bool| {
            let mut lanes = [0.0; LANES];
            for (bag, lane) in (first..bags).zip(&mut lanes) {
                *lane = f32::from(u8::from(of(bag)));
            }
            lanes
        };
        let workers = (0..rayon::current_num_threads()).map(|_| Worker::new()).collect();
        Self {
            scores,
            trains: (0..groups).map(|group| lanes(&|bag| bag != group)).collect(),
            left_out: (0..groups).map(|group| lanes(&|bag| bag == group)).collect(),
            workers,
        }
    }

    /// Every row's score in each bag.
    pub(super) fn scores_mut(&mut self) -> &mut [Lanes] {
        &mut self.scores
    }

    /// Moves the scores by `shift`, then writes the sums of `columns` over the rows of `whom`: one entry
    /// for each bin and one for withheld rows.
    pub(super) fn pass(
        &mut self,
        rows: &Rows<'_>,
        shift: Shift<'_>,
        (whom, columns): (Whom, &[Column<'_>]),
        sums: &mut [Vec<WideSlot>],
    ) {
        let counts = match whom {
            Whom::Trains => &self.trains,
            Whom::LeftOut => &self.left_out,
        };
        each_part(&mut self.scores, &mut self.workers, |worker, start, scores| {
            worker.begin(columns);
            let sum = Some((rows, counts.as_slice(), columns));
            pulp::Arch::new().dispatch(Part { worker, start, scores, shift, sum });
            worker.empty(columns.len());
        });
        for (column, sums) in sums.iter_mut().enumerate().take(columns.len()) {
            sums.clear();
            sums.resize(columns[column].count() + 1, [0; 2 * LANES]);
            for worker in &self.workers {
                for (sum, part) in sums.iter_mut().zip(&worker.wide[column]) {
                    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// Moves the scores by `shift`.
    pub(super) fn shift(&mut self, shift: Shift<'_>) {
        each_part(&mut self.scores, &mut self.workers, |worker, start, scores| {
            pulp::Arch::new().dispatch(Part { worker, start, scores, shift, sum: None });
        });
    }

    /// The log loss of the rows that a bag of the pack leaves out, at that bag's scores, in nats.
    pub(super) fn held_out_loss(&mut self, rows: &Rows<'_>) -> f64 {
        let left_out = &self.left_out;
        let of_row = |row: usize, scores: &Lanes| {
            let lane = left_out[usize::from(rows.group[row])].iter().position(|counts| *counts > 0.0)?;
            let weight = rows.weight.map_or(1.0, |weight| f64::from(weight[row]));
            Some(weight * loss(f64::from(scores[lane]), rows.outcome[row]))
        };
        each_part(&mut self.scores, &mut self.workers, |worker, start, scores| {
            worker.losses.clear();
            for (block, scores) in scores.chunks(BLOCK).enumerate() {
                let rows = (start + block * BLOCK..).zip(scores);
                worker.losses.push(rows.filter_map(|(row, scores)| of_row(row, scores)).sum());
            }
        });
        // Block after block, whichever thread had them.
        self.workers.iter().flat_map(|worker| &worker.losses).sum()
    }
}

/// One worker's share of a pass, compiled for each set of vectors that a CPU may have.
struct Part<'a> {
    worker: &'a mut Worker,
    /// Number of the first row.
    start: usize,
    scores: &'a mut [Lanes],
    shift: Shift<'a>,
    /// What to sum of the rows, if anything: their outcomes, what a group counts in each bag, and columns.
    sum: Option<(&'a Rows<'a>, &'a [Lanes], &'a [Column<'a>])>,
}

impl pulp::WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (block, scores) in self.scores.chunks_mut(BLOCK).enumerate() {
            let start = self.start + block * BLOCK;
            self.worker.shift(start, scores, self.shift);
            if let Some((rows, counts, columns)) = self.sum {
                self.worker.sum(start, scores, rows, counts, columns);
            }
        }
    }
}

/// Gives each worker its part of the rows, in whole blocks, with the number of its first row.
fn each_part(
    scores: &mut [Lanes],
    workers: &mut [Worker],
    work: impl Fn(&mut Worker, usize, &mut [Lanes]) + Sync,
) {
    let part = scores.len().div_ceil(BLOCK).div_ceil(workers.len()) * BLOCK;
    rayon::scope(|scope| {
        let mut parts = scores.chunks_mut(part.max(1));
        for (i, worker) in workers.iter_mut().enumerate() {
            let scores = parts.next().unwrap_or_default();
            let work = &work;
            scope.spawn(move |_| work(worker, i * part, scores));
        }
    });
}

impl Worker {
    fn new() -> Self {
        Self {
            codes: std::array::from_fn(|_| vec![0; BLOCK]),
            slots: vec![[0; 2 * LANES]; BLOCK],
            narrow: Default::default(),
            wide: Default::default(),
            rows: 0,
            losses: Vec::new(),
        }
    }

    /// Clears the tables for `columns`.
    fn begin(&mut self, columns: &[Column<'_>]) {
        self.rows = 0;
        for ((column, narrow), wide) in columns.iter().zip(&mut self.narrow).zip(&mut self.wide) {
            narrow.clear();
            if column.count() <= SLOTS_MAX {
                narrow.resize(column.count() + 1, [0; 2 * LANES]);
            }
            wide.clear();
            wide.resize(column.count() + 1, [0; 2 * LANES]);
        }
    }

    /// Moves one block of scores.
    #[inline(always)]
    fn shift(&mut self, start: usize, scores: &mut [Lanes], shift: Shift<'_>) {
        for columns in shift.columns.chunks(COLUMNS_A_PASS) {
            for (codes, (column, _)) in self.codes.iter_mut().zip(columns) {
                column.write(start, &mut codes[..scores.len()]);
            }
            let codes = &self.codes;
            match *columns {
                [a, b, c, d] => move_scores(scores, codes, [a.1, b.1, c.1, d.1]),
                [a, b, c] => move_scores(scores, codes, [a.1, b.1, c.1]),
                [a, b] => move_scores(scores, codes, [a.1, b.1]),
                [a] => move_scores(scores, codes, [a.1]),
                _ => {}
            }
        }
        if shift.intercept != [0.0; LANES] {
            for scores in scores {
                (0..LANES).for_each(|lane| scores[lane] += shift.intercept[lane]);
            }
        }
    }

    /// Computes the gradients of one block and adds them to the histograms of `columns`.
    #[inline(always)]
    fn sum(
        &mut self,
        start: usize,
        scores: &[Lanes],
        rows: &Rows<'_>,
        counts: &[Lanes],
        columns: &[Column<'_>],
    ) {
        if self.rows + scores.len() > ROWS_A_SLOT {
            self.empty(columns.len());
        }
        self.rows += scores.len();
        let (outcome, group) = (&rows.outcome[start..], &rows.group[start..]);
        for (i, scores) in scores.iter().enumerate() {
            let mut weight = counts[usize::from(group[i])];
            if let Some(weights) = rows.weight {
                (0..LANES).for_each(|lane| weight[lane] *= weights[start + i]);
            }
            let happened = f32::from(u8::from(outcome[i]));
            self.slots[i] = rows.scale.slot(start + i, scores, happened, &weight);
        }
        for (codes, column) in self.codes.iter_mut().zip(columns) {
            column.write(start, &mut codes[..scores.len()]);
        }
        let slots = &self.slots[..scores.len()];
        let codes = &self.codes;
        let [a, b, c, d] = &mut self.narrow;
        if columns.iter().all(|column| column.count() <= SLOTS_MAX) {
            match columns.len() {
                4 => add_slots(slots, codes, [a, b, c, d]),
                3 => add_slots(slots, codes, [a, b, c]),
                2 => add_slots(slots, codes, [a, b]),
                1 => add_slots(slots, codes, [a]),
                _ => {}
            }
            return;
        }
        for (i, column) in columns.iter().enumerate() {
            if column.count() <= SLOTS_MAX {
                add_slots(slots, std::slice::from_ref(&codes[i]), [&mut self.narrow[i]]);
            } else {
                add_wide(slots, &codes[i], &mut self.wide[i]);
            }
        }
    }

    /// Empties the tables of 32 bits into those of 64.
    #[inline(always)]
    fn empty(&mut self, columns: usize) {
        for (narrow, wide) in self.narrow.iter_mut().zip(&mut self.wide).take(columns) {
            for (narrow, wide) in narrow.iter_mut().zip(wide) {
                for (wide, narrow) in wide.iter_mut().zip(narrow) {
                    *wide += i64::from(std::mem::take(narrow));
                }
            }
        }
        self.rows = 0;
    }
}

/// Moves each score by the steps of its bins.
#[inline(always)]
fn move_scores<const N: usize>(scores: &mut [Lanes], codes: &[Vec<u32>], steps: [&[Lanes]; N]) {
    let codes: [&[u32]; N] = std::array::from_fn(|column| &codes[column][..scores.len()]);
    for (i, scores) in scores.iter_mut().enumerate() {
        for column in 0..N {
            let step = &steps[column][codes[column][i] as usize];
            (0..LANES).for_each(|lane| scores[lane] += step[lane]);
        }
    }
}

/// Adds each row's slot to the tables of several columns: their additions do not wait for each other
/// where many rows share a bin.
#[inline(always)]
fn add_slots<const N: usize>(slots: &[Slot], codes: &[Vec<u32>], tables: [&mut Vec<Slot>; N]) {
    let codes: [&[u32]; N] = std::array::from_fn(|column| &codes[column][..slots.len()]);
    let tables = tables.map(Vec::as_mut_slice);
    for (i, slot) in slots.iter().enumerate() {
        for column in 0..N {
            let sum = &mut tables[column][codes[column][i] as usize];
            (0..2 * LANES).for_each(|lane| sum[lane] = sum[lane].wrapping_add(slot[lane]));
        }
    }
}

/// The same for a column of very many bins.
#[inline(always)]
fn add_wide(slots: &[Slot], codes: &[u32], table: &mut [WideSlot]) {
    for (slot, &code) in slots.iter().zip(codes) {
        let sum = &mut table[code as usize];
        (0..2 * LANES).for_each(|lane| sum[lane] += i64::from(slot[lane]));
    }
}
