//! Bins made of noisy counts.
//!
//! Rows are counted in cells that were known ahead of the data. The counts are released with noise,
//! and all the rest is made of what was released: intervals of about equal weight, the names of
//! levels, the weight of each bin.

use super::accounting::quantile_above;
use super::noise::Noise;
use super::release::{Sums, UNITS_A_ROW};
use super::values::KnownValues;
use crate::data::Column;
use crate::model::bin::Bins;

/// An interval must weigh at least so many standard deviations of its own noise.
const DEVIATIONS_MIN: f64 = 1.5;

/// One feature in bins that no one person decides.
pub(super) struct Counted {
    pub(super) bins: Bins,
    /// Noisy rows of each bin.
    pub(super) rows: Vec<f64>,
    /// The standard deviation of each of them.
    pub(super) deviations: Vec<f64>,
    /// Whether rows can fall into each bin.
    pub(super) possible: Vec<bool>,
}

/// How rows are counted.
#[derive(Clone, Copy)]
pub(super) struct Counting {
    /// Deviation of the noise, in units.
    pub(super) sigma: u64,
    /// Most intervals of a number.
    pub(super) bins_max: u16,
    /// Noisy rows of which a level that nobody declared is named.
    pub(super) named_from: f64,
    /// Noisy rows in all.
    pub(super) rows: f64,
}

/// The noisy rows from which a level may be named.
///
/// A level that only one person has is named with no more than this `probability`: it has
/// `rows_per_person` rows at most, and a discrete Gaussian exceeds `t` no more often than a
/// continuous one exceeds `t - 1` (Canonne et al. 2020, proposition 25).
pub(super) fn named_from(rows_per_person: u32, sigma: u64, probability: f64) -> f64 {
    let noise = (quantile_above(probability) * sigma as f64).ceil() + 1.0;
    f64::from(rows_per_person) + noise / UNITS_A_ROW as f64
}

impl Counting {
    /// Counts the rows of `column` and makes bins of what is released.
    pub(super) fn count(&self, column: &Column, known: &KnownValues, noise: &mut Noise) -> Counted {
        let cells = count_cells(column, known).release(self.sigma, noise);
        match known {
            KnownValues::Numbers(edges) => self.join(edges, &cells),
            KnownValues::Levels(levels) => self.declared(levels, cells),
            KnownValues::AnyLevels => {
                self.named(column.categories().map_or(&[], |(_, levels)| levels), &cells)
            }
        }
    }

    fn deviation(&self) -> f64 {
        self.sigma as f64 / UNITS_A_ROW as f64
    }

    /// Joins cells, from the least on, to intervals that weigh enough.
    fn join(&self, edges: &[f64], cells: &[f64]) -> Counted {
        let deviation = self.deviation();
        let known = &cells[1..];
        let share = known.iter().sum::<f64>() / f64::from(self.bins_max);
        let (mut cuts, mut joined, mut weight, mut width) = (Vec::new(), Vec::new(), 0.0, 0.0_f64);
        for (at, cell) in known.iter().enumerate() {
            weight += cell;
            width += 1.0;
            let enough = weight >= share.max(DEVIATIONS_MIN * deviation * width.sqrt());
            let full = cuts.len() + 1 >= usize::from(self.bins_max);
            if let Some(&edge) = edges.get(at).filter(|_| enough && !full) {
                cuts.push(edge);
                joined.push((weight, width));
                (weight, width) = (0.0, 0.0);
            }
        }
        // What is left over at the end is too light by itself.
        let light = weight < share.max(DEVIATIONS_MIN * deviation * width.sqrt());
        match joined.last_mut().filter(|_| light) {
            Some(last) => {
                *last = (last.0 + weight, last.1 + width);
                cuts.pop();
            }
            None => joined.push((weight, width)),
        }
        let (rows, widths): (Vec<f64>, Vec<f64>) = joined.into_iter().unzip();
        Counted {
            possible: [true, false].into_iter().chain(rows.iter().map(|_| true)).collect(),
            deviations: [deviation; 2]
                .into_iter()
                .chain(widths.iter().map(|width| deviation * width.sqrt()))
                .collect(),
            rows: [cells[0], 0.0].into_iter().chain(rows).collect(),
            bins: Bins::Cuts(cuts),
        }
    }

    /// Every declared level is named, however few rows it has.
    fn declared(&self, levels: &[String], cells: Vec<f64>) -> Counted {
        Counted {
            bins: Bins::Levels(levels.to_vec()),
            deviations: vec![self.deviation(); cells.len()],
            possible: vec![true; cells.len()],
            rows: cells,
        }
    }

    /// The levels that many people have are named.
    fn named(&self, levels: &[String], cells: &[f64]) -> Counted {
        let named = levels.iter().zip(&cells[1..]).filter(|(_, rows)| **rows >= self.named_from);
        let (names, counts): (Vec<String>, Vec<f64>) =
            named.map(|(name, rows)| (name.clone(), *rows)).unzip();
        // The others are what is left of all.
        let others = self.rows - cells[0] - counts.iter().sum::<f64>();
        let deviation = self.deviation();
        let of_others = deviation * (counts.len() as f64 + 3.0).sqrt();
        Counted {
            deviations: [deviation, of_others].into_iter().chain(counts.iter().map(|_| deviation)).collect(),
            possible: vec![true; counts.len() + 2],
            rows: [cells[0], others].into_iter().chain(counts).collect(),
            bins: Bins::Levels(names),
        }
    }
}

/// Counts rows by cell: that of missing values first; then the intervals, or other levels and the
/// declared ones, or each level that there is. A withheld row is in none.
fn count_cells(column: &Column, known: &KnownValues) -> Sums {
    let bins = match known {
        KnownValues::Numbers(edges) => Bins::Cuts(edges.clone()),
        KnownValues::Levels(levels) => Bins::Levels(levels.clone()),
        KnownValues::AnyLevels => Bins::Levels(column.categories().map_or(Vec::new(), |(_, l)| l.to_vec())),
    };
    // Of some kinds no row can be in the bin of unseen values: it has no cell.
    let unseen = matches!(known, KnownValues::Levels(_));
    let gap = usize::from(!unseen);
    let mut sums = Sums::zero(bins.count() - gap);
    for row in 0..column.rows() {
        match bins.encode(column.cell(row)) {
            None => {}
            Some(Bins::MISSING) => sums.add(0, 1.0),
            Some(Bins::UNSEEN) if !unseen => {}
            Some(bin) => sums.add(bin - gap, 1.0),
        }
    }
    sums
}

/// Counts rows by outcome: those without the response first.
pub(super) fn count_outcomes(outcome: &[bool]) -> Sums {
    let mut sums = Sums::zero(2);
    for &happened in outcome {
        sums.add(usize::from(happened), 1.0);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cell;
    use proptest::prelude::*;

    fn levels(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// Noise of one unit: as good as none.
    fn counting(rows: f64) -> Counting {
        Counting { sigma: 1, bins_max: 8, named_from: 20.0, rows }
    }

    fn repeated<'a>(cells: &[(Cell<'a>, usize)]) -> Vec<Cell<'a>> {
        cells.iter().flat_map(|&(cell, times)| vec![cell; times]).collect()
    }

    fn rounded(counted: &Counted) -> Vec<i64> {
        #[allow(clippy::cast_possible_truncation)]
        counted.rows.iter().map(|rows| rows.round() as i64).collect()
    }

    #[test]
    fn intervals_weigh_about_the_same_and_end_at_known_edges() {
        let edges: Vec<f64> = (1..100).map(f64::from).collect();
        let numbers = (0..8_000).map(|i| Cell::Number(f64::from(i % 40) / 2.0));
        let column = Column::numeric(numbers.chain([Cell::Missing, Cell::Withheld]));
        let counted = counting(8_001.0).count(&column, &KnownValues::Numbers(edges), &mut Noise::seeded(1));
        assert_eq!(counted.bins, Bins::Cuts(vec![3.0, 6.0, 9.0, 12.0, 15.0]));
        assert_eq!(rounded(&counted), [1, 0, 1_200, 1_200, 1_200, 1_200, 1_200, 2_000]);
        assert_eq!(counted.possible[..3], [true, false, true]);
    }

    #[test]
    fn an_interval_in_which_there_is_nothing_but_noise_is_joined() {
        let edges: Vec<f64> = (1..100).map(f64::from).collect();
        let column = Column::numeric(vec![Cell::Number(50.5); 5_000]);
        let counting = Counting { sigma: 40 << 10, ..counting(5_000.0) };
        let counted = counting.count(&column, &KnownValues::Numbers(edges), &mut Noise::seeded(2));
        assert!(counted.bins.count() <= 12, "{:?}", counted.bins);
        let bin = counted.bins.encode(Cell::Number(50.5)).unwrap();
        assert!((counted.rows[bin] - 5_000.0).abs() < 1_000.0);
        assert!(counted.deviations[bin] >= 40.0);
    }

    #[test]
    fn values_beyond_the_bounds_count_at_the_bound() {
        let known = KnownValues::Numbers(vec![1.0]);
        let column = Column::numeric([-1e9, 0.5, 1.0, 1e300].map(Cell::Number));
        let counted = counting(4.0).count(&column, &known, &mut Noise::seeded(3));
        assert_eq!(rounded(&counted), [0, 0, 2, 2]);
    }

    #[test]
    fn a_level_that_few_people_have_is_not_named() {
        let cells = repeated(&[
            (Cell::Category("common"), 40),
            (Cell::Category("rare"), 19),
            (Cell::Category("usual"), 21),
            (Cell::Missing, 5),
        ]);
        let column = Column::categorical(cells);
        let counted = counting(85.0).count(&column, &KnownValues::AnyLevels, &mut Noise::seeded(4));
        assert_eq!(counted.bins, Bins::Levels(levels(&["common", "usual"])));
        assert_eq!(rounded(&counted), [5, 19, 40, 21]);
        let known = KnownValues::Levels(levels(&["rare", "unheard of"]));
        let counted = counting(85.0).count(&column, &known, &mut Noise::seeded(4));
        assert_eq!(counted.bins, Bins::Levels(levels(&["rare", "unheard of"])));
        assert_eq!(rounded(&counted), [5, 61, 19, 0]);
    }

    #[test]
    fn the_level_of_one_person_is_named_no_more_often_than_promised() {
        let (sigma, probability) = (40_u64, 0.02);
        let from = named_from(1, sigma << 10, probability);
        let mut noise = Noise::seeded(6);
        let mut named = 0;
        for _ in 0..5_000 {
            let column = Column::categorical([Cell::Category("mine")]);
            let counting = Counting { sigma: sigma << 10, named_from: from, ..counting(1.0) };
            named += counting.count(&column, &KnownValues::AnyLevels, &mut noise).bins.count() - 2;
        }
        // 100 expected; five standard deviations.
        assert!((50..=150).contains(&named), "{named}");
    }

    proptest! {
        #[test]
        fn a_person_moves_each_count_by_their_rows_at_most(
            rows in proptest::collection::vec((0u32..9, -5.0f64..5.0, 0usize..5, any::<bool>()), 1..60),
            whose in 0u32..9,
        ) {
            const NAMES: [&str; 4] = ["a", "b", "c", "d"];
            let without: Vec<_> = rows.iter().filter(|row| row.0 != whose).copied().collect();
            let moved = (rows.len() - without.len()) as f64 * UNITS_A_ROW as f64;
            let number = |row: &(u32, f64, usize, bool)| if row.3 { Cell::Number(row.1) } else { Cell::Missing };
            let name = |row: &(u32, f64, usize, bool)| NAMES.get(row.2).map_or(Cell::Withheld, |n| Cell::Category(n));
            let numbers = KnownValues::Numbers(vec![-1.0, 0.0, 3.0]);
            let declared = KnownValues::Levels(levels(&["a", "c"]));
            let count = |rows: &[(u32, f64, usize, bool)]| [
                count_cells(&Column::numeric(rows.iter().map(number)), &numbers),
                count_cells(&Column::categorical(rows.iter().map(name)), &declared),
                count_outcomes(&rows.iter().map(|row| row.3).collect::<Vec<_>>()),
            ];
            for (one, other) in count(&rows).iter().zip(&count(&without)) {
                prop_assert!(one.distance(other) <= moved + 1e-6);
            }
        }
    }
}
