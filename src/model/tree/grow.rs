//! Grows a tree from the root, each node by the cut that saves the most log-loss.

use rayon::prelude::*;

use super::cut::{self, Cut, Row, Tally, best_cut};
use super::{Axis, Node, Rule, Scale, Side, TreeModel, ValidTreeParams};
use crate::data::Column;
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::{FitData, FitError, Progress};

/// Fits a tree.
///
/// A row whose cell is withheld takes no part in the search for a cut of that feature; it then goes
/// both ways, in the proportion of the rows that went each way, as it will when the tree is asked.
/// The rate of a node is shrunk to its parent's. The same rows give the same tree, at any thread count.
///
/// # Errors
/// When `data` is not fit to learn from, no feature tells rows apart, or `progress` says stop.
pub fn fit(
    data: &FitData<'_>,
    params: &ValidTreeParams,
    progress: &dyn Progress,
) -> Result<TreeModel, FitError> {
    data.check()?;
    let features: Vec<Ordered> =
        data.features.par_iter().filter_map(|&feature| Ordered::learn(feature, data, params)).collect();
    if features.is_empty() {
        return Err(FitError::NoFeatures);
    }
    let mut rows: Vec<Row> = (0..data.rows())
        .map(|row| Row { index: row, person: data.person[row], happened: data.outcome[row], weight: 1.0 })
        .collect();
    rows.sort_by_key(|row| row.person);
    let rate = data.positives() as f64 / data.rows() as f64;
    let mut tree = Growing { features, params, progress, of: data.rows(), settled: 0.0, nodes: Vec::new() };
    tree.grow(&rows, rate, 0)?;
    tree.finish()
}

/// A feature with its values in order.
struct Ordered {
    feature: FeatureId,
    scale: Scale,
    /// For numbers, the cut below each position from the second on.
    cuts: Vec<f64>,
    /// Where each row lies: from 1 to `highest`, missing or withheld.
    positions: Vec<u16>,
    highest: usize,
}

impl Ordered {
    /// None when the feature does not tell rows apart.
    #[allow(clippy::cast_possible_truncation, reason = "bins number at most 65,003, by Bins::check")]
    fn learn(feature: FeatureId, data: &FitData<'_>, params: &ValidTreeParams) -> Option<Self> {
        let column = data.table.column(feature);
        let bins = Bins::learn(column, data.person, params.bins_max.into(), params.people_min);
        let binned = Binned::encode(bins, column, data.person, params.people_min);
        if !binned.tells_rows_apart() {
            return None;
        }
        let (scale, cuts, position_of_bin) = match binned.bins {
            Bins::Cuts(cuts) => {
                let bins = Bins::FIRST + cuts.len() + 1;
                (Scale::Number, cuts, (0..bins).map(|bin| bin.saturating_sub(1) as u16).collect())
            }
            Bins::Levels(levels) => {
                let ranks = rank_by_rate(&binned.codes, data.outcome, levels.len(), params.shrink_rows);
                let own = ranks[Bins::FIRST..].to_vec();
                (Scale::Ranks { levels, ranks: own, unseen: ranks[Bins::UNSEEN] }, Vec::new(), ranks)
            }
        };
        let positions = place_rows(&binned.codes, &position_of_bin, column);
        let highest = position_of_bin.iter().copied().max().map_or(0, usize::from);
        Some(Self { feature, scale, cuts, positions, highest })
    }

    /// The rule of a cut.
    fn rule(&self, cut: &Cut) -> Rule {
        if cut.boundary == 1 {
            return Rule::Missing;
        }
        let below = match self.scale {
            Scale::Number => self.cuts[cut.boundary - 2],
            Scale::Ranks { .. } => cut.boundary as f64,
        };
        Rule::Below { below, missing: cut.missing }
    }
}

/// The rank, from 1, of each bin of a categorical feature (but that of missing cells) by the rate of
/// the response among its rows, shrunk to the mean by `shrink_rows` rows.
#[allow(clippy::cast_possible_truncation, reason = "bins number at most 65,003, by Bins::check")]
fn rank_by_rate(codes: &[u16], outcome: &[bool], levels: usize, shrink_rows: f64) -> Vec<u16> {
    let bins = Bins::FIRST + levels;
    let mut tallies = vec![Tally::default(); bins + 1];
    let mut all = Tally::default();
    for (&code, &happened) in codes.iter().zip(outcome) {
        for tally in [&mut tallies[usize::from(code)], &mut all] {
            tally.rows += 1.0;
            tally.positives += f64::from(u8::from(happened));
        }
    }
    let mean = all.positives / all.rows;
    let rate = |bin: usize| (tallies[bin].positives + shrink_rows * mean) / (tallies[bin].rows + shrink_rows);
    let mut by_rate: Vec<usize> = (Bins::UNSEEN..bins).collect();
    by_rate.sort_by(|&a, &b| rate(a).total_cmp(&rate(b)).then(a.cmp(&b)));
    let mut ranks = vec![0; bins];
    for (rank, bin) in by_rate.into_iter().enumerate() {
        ranks[bin] = rank as u16 + 1;
    }
    ranks
}

fn place_rows(codes: &[u16], position_of_bin: &[u16], column: &Column) -> Vec<u16> {
    let place = |row: usize| match usize::from(codes[row]) {
        _ if column.is_withheld(row) => cut::WITHHELD,
        Bins::MISSING => cut::MISSING,
        bin => position_of_bin[bin],
    };
    (0..codes.len()).map(place).collect()
}

/// A tree as it grows.
struct Growing<'a> {
    features: Vec<Ordered>,
    params: &'a ValidTreeParams,
    progress: &'a dyn Progress,
    /// Number of training rows.
    of: usize,
    /// Rows that are in a leaf.
    settled: f64,
    /// Terms index `features` until the tree is finished.
    nodes: Vec<Node>,
}

impl Growing<'_> {
    /// Grows the node of `rows`; returns its index.
    fn grow(&mut self, rows: &[Row], parent_rate: f64, depth: u16) -> Result<usize, FitError> {
        if self.progress.cancelled() {
            return Err(FitError::Cancelled);
        }
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row);
        }
        let shrink = self.params.shrink_rows;
        let rate = (tally.positives + shrink * parent_rate) / (tally.rows + shrink);
        let index = self.nodes.len();
        self.nodes.push(Node::Leaf { score: log_odds(rate), rows: tally.rows });
        let best = if depth < self.params.depth_max { self.best(rows, tally) } else { None };
        let Some((term, cut)) = best else {
            self.settle(tally.rows);
            return Ok(index);
        };
        let rule = self.features[term].rule(&cut);
        let (left, right) = part(rows, &self.features[term].positions, &cut);
        let left = self.grow(&left, rate, depth + 1)?;
        let right = self.grow(&right, rate, depth + 1)?;
        self.nodes[index] = Node::Split { term, rule, left, right };
        Ok(index)
    }

    /// The feature and cut that save the most; of equal ones the first feature's.
    fn best(&self, rows: &[Row], tally: Tally) -> Option<(usize, Cut)> {
        if tally.positives <= 0.0 || tally.positives >= tally.rows {
            return None;
        }
        let cuts: Vec<Option<Cut>> = self
            .features
            .par_iter()
            .map(|feature| best_cut(rows, &feature.positions, feature.highest, self.params))
            .collect();
        let mut best: Option<(usize, Cut)> = None;
        for (term, cut) in cuts.into_iter().enumerate() {
            let Some(cut) = cut.filter(|cut| cut.gain >= self.params.gain_min) else { continue };
            if best.is_none_or(|(_, best)| cut.gain > best.gain) {
                best = Some((term, cut));
            }
        }
        best
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of rows"
    )]
    fn settle(&mut self, rows: f64) {
        self.settled += rows;
        self.progress.step((self.settled.round() as usize).min(self.of), self.of);
    }

    /// The model: terms are the features that are split on.
    fn finish(self) -> Result<TreeModel, FitError> {
        let mut used = vec![false; self.features.len()];
        for node in &self.nodes {
            if let Node::Split { term, .. } = *node {
                used[term] = true;
            }
        }
        let mut axes = Vec::new();
        let mut axis_of = vec![0; used.len()];
        for (i, ordered) in self.features.into_iter().enumerate().filter(|(i, _)| used[*i]) {
            axis_of[i] = axes.len();
            axes.push(Axis { feature: ordered.feature, scale: ordered.scale });
        }
        let renumber = |node: Node| match node {
            Node::Split { term, rule, left, right } => Node::Split { term: axis_of[term], rule, left, right },
            leaf @ Node::Leaf { .. } => leaf,
        };
        TreeModel::new(axes, self.nodes.into_iter().map(renumber).collect())
            .map_err(|error| FitError::Solver(error.to_string()))
    }
}

/// The rows that go left and those that go right; one whose cell is withheld goes both ways in part.
fn part(rows: &[Row], positions: &[u16], cut: &Cut) -> (Vec<Row>, Vec<Row>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for &row in rows {
        let goes_left = match positions[row.index] {
            cut::WITHHELD => {
                left.push(Row { weight: row.weight * cut.left_share, ..row });
                right.push(Row { weight: row.weight * (1.0 - cut.left_share), ..row });
                continue;
            }
            cut::MISSING => cut.missing == Side::Left,
            position => usize::from(position) < cut.boundary,
        };
        if goes_left { left.push(row) } else { right.push(row) }
    }
    (left, right)
}

fn log_odds(rate: f64) -> Nats {
    Nats::from_f64(libm::log(rate / (1.0 - rate)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::data::{Table, TableBuilder};
    use crate::domain::Cell;
    use crate::model::NoProgress;
    use crate::model::tree::TreeParams;

    fn table(columns: Vec<Vec<Cell<'_>>>) -> Table {
        let mut builder = TableBuilder::default();
        for cells in columns {
            let text = cells.iter().any(|cell| matches!(cell, Cell::Category(_)));
            builder.push(if text { Column::categorical(cells) } else { Column::numeric(cells) });
        }
        builder.finish().unwrap()
    }

    fn grow(table: &Table, outcome: &[bool], params: TreeParams) -> Result<TreeModel, FitError> {
        let person: Vec<u32> = (0..u32::try_from(outcome.len()).unwrap()).collect();
        grow_by_person(table, outcome, &person, params)
    }

    fn grow_by_person(
        table: &Table,
        outcome: &[bool],
        person: &[u32],
        params: TreeParams,
    ) -> Result<TreeModel, FitError> {
        let features: Vec<FeatureId> = (0..u16::try_from(table.width()).unwrap()).map(FeatureId).collect();
        let data = FitData { table, features: &features, outcome, person };
        fit(&data, &params.check().unwrap(), &NoProgress)
    }

    /// Little shrinking, small leaves: for small tables.
    fn eager() -> TreeParams {
        TreeParams { rows_min: 1, people_min: 1, gain_min: 0.1, shrink_rows: 0.01, ..TreeParams::default() }
    }

    fn score(model: &TreeModel, row: &[Cell<'_>]) -> f64 {
        let mut contributions = vec![Nats::ZERO; model.terms().len()];
        model.attribute(row, &mut contributions);
        (model.intercept() + contributions.into_iter().sum()).to_f64()
    }

    fn leaf_rows(model: &TreeModel) -> Vec<f64> {
        let rows = |node: &Node| match *node {
            Node::Leaf { rows, .. } => Some(rows),
            Node::Split { .. } => None,
        };
        model.nodes().iter().filter_map(rows).collect()
    }

    #[test]
    fn leaves_hold_the_log_odds_of_their_rows_shrunk_to_their_parents() {
        let x = table(vec![(0..100_u8).map(|i| Cell::Number(f64::from(i / 50))).collect()]);
        let outcome: Vec<bool> = (0..100).map(|i| if i < 50 { i % 10 == 0 } else { i % 2 == 0 }).collect();
        let params = TreeParams { shrink_rows: 10.0, ..eager() };
        let model = grow(&x, &outcome, params).unwrap();
        // 5 of 50 on the left, 25 of 50 on the right, the root at 0.3; 10 rows of 0.3 join each.
        let expected = |rate: f64| libm::log(rate / (1.0 - rate));
        assert!((score(&model, &[Cell::Number(0.0)]) - expected(8.0 / 60.0)).abs() < 1e-9);
        assert!((score(&model, &[Cell::Number(1.0)]) - expected(28.0 / 60.0)).abs() < 1e-9);
        assert_eq!(leaf_rows(&model), [50.0, 50.0]);
    }

    #[test]
    fn missing_cells_go_to_the_side_that_they_resemble() {
        for resembles in [0.0, 1.0] {
            let cell = |i: usize| match i % 3 {
                0 => Cell::Missing,
                1 => Cell::Number(0.0),
                _ => Cell::Number(1.0),
            };
            let x = table(vec![(0..90).map(cell).collect()]);
            let like = |i: usize| match cell(i) {
                Cell::Number(number) => number,
                _ => resembles,
            };
            let outcome: Vec<bool> = (0..90).map(|i| like(i) == 1.0).collect();
            let model = grow(&x, &outcome, eager()).unwrap();
            let twin = score(&model, &[Cell::Number(resembles)]);
            assert!((score(&model, &[Cell::Missing]) - twin).abs() < 1e-9);
        }
    }

    #[test]
    fn missing_cells_may_be_parted_from_all_values() {
        let cell = |i: usize| if i.is_multiple_of(4) { Cell::Missing } else { Cell::Number((i % 3) as f64) };
        let x = table(vec![(0..240).map(cell).collect()]);
        let outcome: Vec<bool> = (0..240).map(|i| i % 4 == 0).collect();
        let model = grow(&x, &outcome, eager()).unwrap();
        assert!(matches!(model.nodes()[0], Node::Split { rule: Rule::Missing, .. }));
        assert!(score(&model, &[Cell::Missing]) > 3.0);
        assert!(score(&model, &[Cell::Number(2.0)]) < -3.0);
    }

    #[test]
    fn categories_are_ordered_by_rate_and_an_unseen_one_lies_at_the_mean() {
        // Rates: c 0.1, a 0.5, b 0.9.
        let names = ["a", "b", "c"];
        let x = table(vec![(0..300).map(|i| Cell::Category(names[i % 3])).collect()]);
        let outcome: Vec<bool> = (0..300).map(|i| (i / 3) % 10 < [5, 9, 1][i % 3]).collect();
        let model = grow(&x, &outcome, eager()).unwrap();
        let Scale::Ranks { ranks, unseen, .. } = &model.axes()[0].scale else { unreachable!("not ranks") };
        assert!(ranks[2] < ranks[0] && ranks[0] < ranks[1]);
        assert!(ranks[2] < *unseen && *unseen < ranks[1]);
        let score = |name| score(&model, &[Cell::Category(name)]);
        assert!(score("c") < score("never seen") && score("never seen") < score("b"));
    }

    #[test]
    fn a_category_of_too_few_people_is_not_named() {
        let name = |i: usize| {
            if i < 3 {
                "rare"
            } else if i.is_multiple_of(2) {
                "even"
            } else {
                "odd"
            }
        };
        let x = table(vec![(0..100).map(|i| Cell::Category(name(i))).collect()]);
        let outcome: Vec<bool> = (0..100).map(|i| i % 2 == 0 || i < 3).collect();
        let model = grow(&x, &outcome, TreeParams { people_min: 5, ..eager() }).unwrap();
        let Scale::Ranks { levels, .. } = &model.axes()[0].scale else { unreachable!("not ranks") };
        assert_eq!(levels, &["even", "odd"]);
    }

    #[test]
    fn no_leaf_has_fewer_people_or_rows_than_the_floor() {
        // 40 people of 5 rows each; the outcome calls for small leaves.
        let x: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 200)).collect();
        let person: Vec<u32> = (0..200).map(|i| i / 5).collect();
        let outcome: Vec<bool> = x.iter().map(|&x| x < 8.0 || (100.0..112.0).contains(&x)).collect();
        let rows = table(vec![x.iter().map(|&x| Cell::Number(x)).collect()]);
        let params = TreeParams { people_min: 12, rows_min: 20, bins_max: 255, ..eager() };
        let model = grow_by_person(&rows, &outcome, &person, params).unwrap();
        assert!(model.nodes().len() > 1);
        let mut people: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        for (&x, &person) in x.iter().zip(&person) {
            people.entry(score(&model, &[Cell::Number(x)]).to_bits()).or_default().insert(person);
        }
        assert!(people.values().all(|people| people.len() >= 12));
        assert!(leaf_rows(&model).iter().all(|&rows| rows >= 20.0));
    }

    #[test]
    fn one_person_with_many_rows_makes_no_leaf() {
        let x = table(vec![(0..100).map(|i| Cell::Number(f64::from(u8::from(i < 50)))).collect()]);
        let outcome: Vec<bool> = (0..100).map(|i| i < 50 || i == 99).collect();
        let person: Vec<u32> = (0..100).map(|i| if i < 50 { 0 } else { i }).collect();
        let params = TreeParams { people_min: 2, ..eager() };
        let error = grow_by_person(&x, &outcome, &person, params).unwrap_err();
        assert_eq!(error, FitError::NoFeatures);
    }

    #[test]
    fn withheld_rows_join_no_search_and_go_both_ways() {
        // Among rows that show it, x says nothing; those that withhold it all have the response.
        let cell = |i: usize| if i < 100 { Cell::Withheld } else { Cell::Number((i % 2) as f64) };
        let x = table(vec![(0..300).map(cell).collect()]);
        let outcome: Vec<bool> = (0..300).map(|i| i < 100 || i % 4 < 2).collect();
        let model = grow(&x, &outcome, eager()).unwrap();
        assert_eq!(model.terms(), []);
        // Now x tells the rows that show it apart; of those that withhold it a quarter goes left.
        let cell =
            |i: usize| if i < 100 { Cell::Withheld } else { Cell::Number(f64::from(u8::from(i >= 150))) };
        let x = table(vec![(0..300).map(cell).collect()]);
        let outcome: Vec<bool> = (0..300).map(|i| i >= 150 || i % 5 == 0).collect();
        let model = grow(&x, &outcome, TreeParams { depth_max: 1, ..eager() }).unwrap();
        let rows = leaf_rows(&model);
        assert!((rows[0] - 75.0).abs() < 1e-9 && (rows[1] - 225.0).abs() < 1e-9, "{rows:?}");
    }

    #[test]
    fn training_sets_that_cannot_be_learned_from_are_refused() {
        let x = table(vec![vec![Cell::Number(1.0); 10]]);
        let both: Vec<bool> = (0..10).map(|i| i % 2 == 0).collect();
        assert_eq!(grow(&x, &both, eager()).unwrap_err(), FitError::NoFeatures);
        let hidden = table(vec![vec![Cell::Withheld; 10]]);
        assert_eq!(grow(&hidden, &both, eager()).unwrap_err(), FitError::NoFeatures);
        assert_eq!(grow(&x, &[true; 10], eager()).unwrap_err(), FitError::OneClass { class: true });
        assert_eq!(grow(&table(vec![Vec::new()]), &[], eager()).unwrap_err(), FitError::NoRows);
    }

    #[test]
    fn a_number_that_is_not_finite_is_missing() {
        let cell = |i: usize| match i % 4 {
            0 => Cell::Number(f64::INFINITY),
            1 => Cell::Number(f64::NAN),
            rest => Cell::Number(rest as f64),
        };
        let x = table(vec![(0..80).map(cell).collect()]);
        let outcome: Vec<bool> = (0..80).map(|i| i % 4 < 2).collect();
        let model = grow(&x, &outcome, eager()).unwrap();
        assert!(score(&model, &[Cell::Missing]) > 3.0);
        assert_eq!(score(&model, &[Cell::Missing]), score(&model, &[Cell::Number(f64::NAN)]));
    }

    #[test]
    fn a_cancelled_fit_stops() {
        struct Stop;
        impl Progress for Stop {
            fn step(&self, _done: usize, _of: usize) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let x = table(vec![(0..10).map(|i| Cell::Number(f64::from(i))).collect()]);
        let outcome: Vec<bool> = (0..10).map(|i| i < 5).collect();
        let person: Vec<u32> = (0..10).collect();
        let data = FitData { table: &x, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        assert_eq!(fit(&data, &eager().check().unwrap(), &Stop).unwrap_err(), FitError::Cancelled);
    }
}
