//! Grows a tree from the root, each node by the cut that saves the most log-loss.

use rayon::prelude::*;

use super::cut::{self, Cut, Row, Tally, best_cut};
use super::{Axis, Node, Rule, Scale, Side, TreeModel, ValidTreeParams};
use crate::data::Column;
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins, Codes};
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
    positions: Vec<u32>,
    highest: usize,
}

impl Ordered {
    /// None when the feature does not tell rows apart.
    #[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
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
                (Scale::Number, cuts, (0..bins).map(|bin| bin.saturating_sub(1) as u32).collect())
            }
            Bins::Levels(levels) => {
                let ranks = rank_by_rate(&binned.codes, data.outcome, levels.len(), params.shrink_rows);
                let own = ranks[Bins::FIRST..].to_vec();
                (Scale::Ranks { levels, ranks: own, unseen: ranks[Bins::UNSEEN] }, Vec::new(), ranks)
            }
        };
        let positions = place_rows(&binned.codes, &position_of_bin, column);
        let highest = position_of_bin.iter().copied().max().map_or(0, |highest| highest as usize);
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
#[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
fn rank_by_rate(codes: &Codes, outcome: &[bool], levels: usize, shrink_rows: f64) -> Vec<u32> {
    let bins = Bins::FIRST + levels;
    let mut tallies = vec![Tally::default(); bins + 1];
    let mut all = Tally::default();
    for (code, &happened) in codes.iter().zip(outcome) {
        for tally in [&mut tallies[code], &mut all] {
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
        ranks[bin] = rank as u32 + 1;
    }
    ranks
}

fn place_rows(codes: &Codes, position_of_bin: &[u32], column: &Column) -> Vec<u32> {
    let place = |row: usize| match codes.at(row) {
        _ if column.is_withheld(row) => cut::WITHHELD,
        Bins::MISSING => cut::MISSING,
        bin => position_of_bin[bin],
    };
    (0..codes.rows()).map(place).collect()
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
fn part(rows: &[Row], positions: &[u32], cut: &Cut) -> (Vec<Row>, Vec<Row>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for &row in rows {
        let goes_left = match positions[row.index] {
            cut::WITHHELD => {
                left.push(Row { weight: row.weight * cut.left_share, ..row });
                right.push(Row { weight: row.weight * (1.0 - cut.left_share), ..row });
                continue;
            }
            cut::MISSING => cut.missing == Side::Left,
            position => (position as usize) < cut.boundary,
        };
        if goes_left { left.push(row) } else { right.push(row) }
    }
    (left, right)
}

fn log_odds(rate: f64) -> Nats {
    Nats::from_f64(libm::log(rate / (1.0 - rate)))
}

#[cfg(test)]
mod tests;
