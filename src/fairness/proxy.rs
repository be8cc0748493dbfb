//! What hints at a group: how well features and scores tell who is in it, on people.
//!
//! One row a person, and each person is scored by a model that was fitted on others (five folds, in which either side is spread
//! evenly). A score is the sum of the contributions, without the intercept: that differs between folds by who was left out.
//! AUCs are over people; their intervals are of a bootstrap over people.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::Table;
use crate::domain::{FeatureId, Nats, PEOPLE_FLOOR};
use crate::model::additive::{AdditiveParams, fit};
use crate::model::metrics::{Interval, Resamples, Scored, evaluate};
use crate::model::{FitData, FitError, Model, NoProgress, Term};

use super::Attribute;

/// In how many parts people are scored by models of the others.
const FOLDS: usize = 5;

/// Fewest people of a leaf: groups are small, and what tells them is to be found.
const LEAF_PEOPLE_MIN: u32 = 5;

/// How a model of a single feature is fitted: it has no pairs, and its bands are not looked at.
const BAGS_SINGLE: u16 = 4;

/// The people whose features are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Crowd<'a> {
    /// A row for each person.
    pub table: &'a Table,
    /// The features that models may use, ascending.
    pub features: &'a [FeatureId],
    /// The scores of models that serve: a name, and the score of each person.
    pub scores: &'a [(String, Vec<Nats>)],
}

/// How a group is told from the others who have a label of the attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupHints {
    /// The attribute.
    pub attribute: String,
    /// The value that makes the group.
    pub value: String,
    /// People in it, at least five.
    pub people: u64,
    /// People with another value, at least five.
    pub others: u64,
    /// How well all features together tell it.
    pub together: Interval,
    /// How far each feature moves the score of that model, the most important first; a pair counts half for either.
    pub importances: Vec<(FeatureId, f64)>,
    /// How well each feature alone tells it, in the order of the features.
    pub alone: Vec<(FeatureId, Interval)>,
    /// How well the score of each model that serves tells it: far from 0.5 either way.
    pub models: Vec<(String, Interval)>,
}

/// The hints at every group of at least five people, with at least five others. `labels` has of each person the place of the value
/// of each attribute. Of an attribute of two values the first alone is looked at: the other is its mirror.
///
/// # Errors
/// When a model cannot be fitted.
pub fn find_hints(
    crowd: Crowd<'_>,
    attributes: &[Attribute],
    labels: &[Vec<Option<u16>>],
    told: &dyn Fn(&str, &str),
) -> Result<Vec<GroupHints>, FitError> {
    let mut hints = Vec::new();
    for (place, attribute) in attributes.iter().enumerate() {
        let mirrored = if attribute.values.len() == 2 { 1 } else { attribute.values.len() };
        let told_of = told_of(labels, place, attribute.values.len());
        let known: Vec<usize> = (0..labels.len()).filter(|&person| labels[person][place].is_some()).collect();
        for (number, value) in (0..).zip(&attribute.values[..mirrored]) {
            if !told_of[usize::from(number)] {
                continue;
            }
            let is_in: Vec<bool> =
                known.iter().map(|&person| labels[person][place] == Some(number)).collect();
            let people = is_in.iter().filter(|is_in| **is_in).count() as u64;
            let others = is_in.len() as u64 - people;
            if people < PEOPLE_FLOOR || others < PEOPLE_FLOOR {
                continue;
            }
            told(&attribute.name, value);
            let group = Group { table: crowd.table.select(&known), is_in };
            let name = (attribute.name.clone(), value.clone());
            hints.extend(group.hints(crowd, &known, name, (people, others))?);
        }
    }
    Ok(hints)
}

/// Which values of an attribute are told of: those of at least five people; and should fewer be left beside them, whose number would
/// follow from the others, not the smallest of these either.
fn told_of(labels: &[Vec<Option<u16>>], place: usize, values: usize) -> Vec<bool> {
    let mut people = vec![0_u64; values];
    for value in labels.iter().filter_map(|labels| labels[place]) {
        people[usize::from(value)] += 1;
    }
    let mut told: Vec<bool> = people.iter().map(|people| *people >= PEOPLE_FLOOR).collect();
    let left_out =
        |told: &[bool]| people.iter().zip(told).filter(|(_, told)| !**told).map(|(people, _)| people).sum();
    while (1..PEOPLE_FLOOR).contains(&left_out(&told)) {
        let smallest = (0..values).filter(|value| told[*value]).min_by_key(|value| people[*value]);
        let Some(smallest) = smallest else { break };
        told[smallest] = false;
    }
    told
}

/// People with a label of an attribute, and who of them are in the group.
struct Group {
    table: Table,
    is_in: Vec<bool>,
}

impl Group {
    fn hints(
        &self,
        crowd: Crowd<'_>,
        known: &[usize],
        (attribute, value): (String, String),
        (people, others): (u64, u64),
    ) -> Result<Option<GroupHints>, FitError> {
        let folds = self.folds();
        let all = AdditiveParams { leaf_rows_min: LEAF_PEOPLE_MIN, ..AdditiveParams::default() };
        let single = AdditiveParams { bags: BAGS_SINGLE, pairs_max: 0, ..all.clone() };
        let Some(together) = self.auc(&self.held_out(crowd.features, &all, &folds)?) else { return Ok(None) };
        let mut alone = Vec::with_capacity(crowd.features.len());
        for &feature in crowd.features {
            let scores = self.held_out(&[feature], &single, &folds)?;
            alone.extend(self.auc(&scores).map(|auc| (feature, auc)));
        }
        let everyone: Vec<usize> = (0..self.is_in.len()).collect();
        let importances = importances(&self.fit(crowd.features, &all, &everyone)?, &self.table);
        let models = crowd.scores.iter().filter_map(|(name, scores)| {
            let scores: Vec<Nats> = known.iter().map(|&person| scores[person]).collect();
            Some((name.clone(), self.auc(&scores)?))
        });
        let models = models.collect();
        Ok(Some(GroupHints { attribute, value, people, others, together, importances, alone, models }))
    }

    /// The fold of each person: either side is dealt out evenly, in an order that is drawn.
    fn folds(&self) -> Vec<usize> {
        let mut fold = vec![0; self.is_in.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut next = 0;
        for side in [true, false] {
            let mut people: Vec<usize> =
                (0..fold.len()).filter(|&person| self.is_in[person] == side).collect();
            people.shuffle(&mut rng);
            for person in people {
                fold[person] = next % FOLDS;
                next += 1;
            }
        }
        fold
    }

    /// The score of each person by a model of the others.
    fn held_out(
        &self,
        features: &[FeatureId],
        params: &AdditiveParams,
        folds: &[usize],
    ) -> Result<Vec<Nats>, FitError> {
        let mut scores = vec![Nats::ZERO; folds.len()];
        for fold in 0..FOLDS {
            let (test, train): (Vec<usize>, Vec<usize>) =
                (0..folds.len()).partition(|&person| folds[person] == fold);
            let model = self.fit(features, params, &train)?;
            let of_test = model.scores(&self.table.select(&test), &[]);
            for (person, score) in test.into_iter().zip(of_test) {
                scores[person] = score - model.intercept();
            }
        }
        Ok(scores)
    }

    fn fit(
        &self,
        features: &[FeatureId],
        params: &AdditiveParams,
        people: &[usize],
    ) -> Result<Model, FitError> {
        let outcome: Vec<bool> = people.iter().map(|&person| self.is_in[person]).collect();
        let person: Vec<u32> = (0..).take(people.len()).collect();
        let table = self.table.select(people);
        let data = FitData { table: &table, features, outcome: &outcome, person: &person };
        fit(&data, &params.clone().check()?, &NoProgress).map(Model::Additive)
    }

    fn auc(&self, scores: &[Nats]) -> Option<Interval> {
        let person: Vec<u32> = (0..).take(scores.len()).collect();
        let rows = Scored { scores, outcome: &self.is_in, person: &person, group: &person };
        evaluate(rows, Resamples::default()).and_then(|evaluation| evaluation.auc)
    }
}

/// The importance of each feature of a model, falling.
fn importances(model: &Model, table: &Table) -> Vec<(FeatureId, f64)> {
    let mut of: Vec<(FeatureId, f64)> = model.features().into_iter().map(|feature| (feature, 0.0)).collect();
    let mut add = |feature: FeatureId, share: f64| {
        if let Some((_, sum)) = of.iter_mut().find(|(of, _)| *of == feature) {
            *sum += share;
        }
    };
    for (term, importance) in model.terms().iter().zip(model.importances(table)) {
        match *term {
            Term::Feature(feature) => add(feature, importance),
            Term::Pair(one, other) => {
                add(one, importance / 2.0);
                add(other, importance / 2.0);
            }
        }
    }
    of.retain(|(_, importance)| *importance > 0.0);
    of.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    of
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::data::{Column, TableBuilder};
    use crate::domain::Cell;
    use crate::fairness::read_attributes;

    const COPY: FeatureId = FeatureId(0);
    const NOISE: FeatureId = FeatureId(1);

    fn attributes() -> Vec<Attribute> {
        let text = "[[attribute]]\nname = \"a\"\nvalues = [\"yes\", \"no\"]\nbasis = \"b\"\nretention_days = 1\n\
                    source = \"s\"\nspecial_category = \"none\"\n";
        read_attributes(text).unwrap()
    }

    /// People of whom one feature is their label up to noise and another has nothing to do with it.
    fn made_up(people: usize) -> (Table, Vec<Vec<Option<u16>>>) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let labels: Vec<u16> = (0..people).map(|_| u16::from(rng.gen_bool(0.6))).collect();
        let copy: Vec<f64> =
            labels.iter().map(|label| f64::from(*label) + 2.0 * rng.gen_range(-1.0..1.0)).collect();
        let noise: Vec<f64> = labels.iter().map(|_| rng.gen_range(-1.0..1.0)).collect();
        let mut builder = TableBuilder::default();
        for values in [copy, noise] {
            builder.push(Column::numeric(values.into_iter().map(Cell::Number)));
        }
        (builder.finish().unwrap(), labels.into_iter().map(|label| vec![Some(label)]).collect())
    }

    fn hints(table: &Table, labels: &[Vec<Option<u16>>], scores: &[(String, Vec<Nats>)]) -> Vec<GroupHints> {
        let crowd = Crowd { table, features: &[COPY, NOISE], scores };
        find_hints(crowd, &attributes(), labels, &|_, _| {}).unwrap()
    }

    /// The AUC that the copy has when its noise is even on -2 to 2: of two such numbers 1 apart the larger is that of the smaller
    /// mean with 9/32.
    const TRUTH: f64 = 1.0 - 9.0 / 32.0;

    #[test]
    fn a_copy_of_the_label_is_found_and_what_has_nothing_to_do_with_it_is_not() {
        let (table, labels) = made_up(1_500);
        let backwards = labels.iter().map(|label| Nats::from_f64(f64::from(label[0].unwrap()))).collect();
        let level = vec![Nats::ZERO; labels.len()];
        let scores = [("score".to_owned(), backwards), ("level".to_owned(), level)];
        let [found] = &hints(&table, &labels, &scores)[..] else { panic!() };
        assert_eq!((found.attribute.as_str(), found.value.as_str()), ("a", "yes"));
        assert_eq!(found.people + found.others, 1_500);
        let of = |feature| found.alone.iter().find(|(of, _)| *of == feature).unwrap().1;
        let (copy, noise) = (of(COPY), of(NOISE));
        assert!(copy.low < TRUTH && TRUTH < copy.high + 0.02 && copy.low > 0.65, "{copy:?}");
        assert!(noise.low <= 0.5 && noise.estimate < 0.55, "{noise:?}");
        assert!(found.together.low > 0.65, "{:?}", found.together);
        assert_eq!(found.importances[0].0, COPY);
        // A score that knows the label, the wrong way round, and one that knows nothing.
        assert_eq!((found.models[0].1.estimate, found.models[1].1.estimate), (0.0, 0.5));
    }

    #[test]
    fn labels_dealt_out_anew_are_told_by_nothing() {
        let (table, mut labels) = made_up(1_500);
        labels.shuffle(&mut ChaCha8Rng::seed_from_u64(9));
        let [found] = &hints(&table, &labels, &[])[..] else { panic!() };
        for (what, auc) in found.alone.iter().chain([&(NOISE, found.together)]) {
            assert!(auc.low <= 0.5 && (auc.estimate - 0.5).abs() < 0.06, "{what:?} {auc:?}");
        }
    }

    #[test]
    fn nothing_is_told_of_a_group_below_the_floor_on_either_side_nor_of_people_without_a_label() {
        let (table, mut labels) = made_up(300);
        for (place, label) in labels.iter_mut().enumerate() {
            label[0] = if place < 4 { Some(0) } else { Some(1) };
        }
        assert!(hints(&table, &labels, &[]).is_empty(), "four in the group");
        labels[4][0] = Some(0);
        assert_eq!(hints(&table, &labels, &[])[0].people, 5);
        for label in labels.iter_mut().skip(9) {
            label[0] = None;
        }
        assert!(hints(&table, &labels, &[]).is_empty(), "four others");
        for label in &mut labels {
            label[0] = None;
        }
        assert!(hints(&table, &labels, &[]).is_empty());
    }

    #[test]
    fn how_many_are_left_out_does_not_follow_from_those_who_are_told_of() {
        let of = |people: &[usize]| {
            let labels = (0..).zip(people).flat_map(|(value, people)| vec![vec![Some(value)]; *people]);
            told_of(&labels.collect::<Vec<_>>(), 0, people.len())
        };
        assert_eq!(of(&[5, 6, 7]), [true, true, true]);
        assert_eq!(of(&[4, 9, 7]), [false, true, false], "who has neither is at least five");
        assert_eq!(of(&[4, 1, 7]), [false, false, true]);
        assert_eq!(of(&[0, 9, 7]), [false, true, true], "nobody has it");
        assert_eq!(of(&[4, 9]), [false, false]);
    }

    #[test]
    fn the_same_people_give_the_same_figures() {
        let (table, labels) = made_up(200);
        assert_eq!(hints(&table, &labels, &[]), hints(&table, &labels, &[]));
    }
}
