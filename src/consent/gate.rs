//! The gate: accepted purposes x what each feature needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Permitted, Weighing};
use crate::domain::{
    Affinity, Cause, Cell, EventKind, Feature, FeatureId, FeatureKind, Outcome, Purpose, Purposes, Verdict,
};

/// Decides, feature by feature, what may be used.
#[derive(Clone, Debug)]
pub struct Gate {
    features: Arc<[Feature]>,
}

/// The gate's answers for one impression, in schema order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts(Vec<Verdict>);

impl Verdicts {
    /// The answers.
    #[must_use]
    pub fn as_slice(&self) -> &[Verdict] {
        &self.0
    }

    /// The answer for one feature.
    #[must_use]
    pub fn of(&self, feature: FeatureId) -> &Verdict {
        &self.0[feature.index()]
    }

    /// Whether a feature may be used.
    #[must_use]
    pub fn permits(&self, feature: FeatureId) -> bool {
        self.of(feature).outcome() == Outcome::Permitted
    }
}

impl Gate {
    /// A gate for the features of one schema, in schema order.
    #[must_use]
    pub fn new(features: Arc<[Feature]>) -> Self {
        Self { features }
    }

    /// Judges each feature for one impression by what its signals come to, which counts for nothing without a
    /// subject. A verdict tells which signal decided, and on which purpose. Of a datum that the person objects to
    /// every feature that is about the person is withheld, whatever was accepted.
    #[must_use]
    pub fn judge(&self, has_subject: bool, weighing: &Weighing) -> Verdicts {
        self.judge_by(|feature| {
            let refused = feature.serving.minus(weighing.accepted());
            match (feature.serving.iter().next(), has_subject, refused.iter().next()) {
                (None, _, _) => Cause::NotPersonal,
                (Some(_), false, _) => Cause::NoSubject,
                (Some(_), true, _) if weighing.forgets(&feature.datum) => Cause::Forgotten,
                (Some(first), true, None) => Cause::GrantedBy(weighing.decider(first)),
                (Some(_), true, Some(first)) => {
                    Cause::RefusedBy { refused, decider: weighing.decider(first) }
                }
            }
        })
    }

    /// Judges each feature for an ad of a sensitive category: context alone.
    #[must_use]
    pub fn judge_sensitive_ad(&self) -> Verdicts {
        self.judge_by(|feature| if feature.is_contextual() { Cause::NotPersonal } else { Cause::SensitiveAd })
    }

    fn judge_by(&self, cause: impl Fn(&Feature) -> Cause) -> Verdicts {
        let verdict = |(id, feature): (u16, &Feature)| Verdict {
            feature: FeatureId(id),
            needs: feature.serving,
            cause: cause(feature),
        };
        Verdicts((0..).zip(self.features.iter()).map(verdict).collect())
    }

    /// Fills `row` with one cell per feature. `read` is called for permitted features only; the
    /// others are withheld without being read.
    pub fn admit<'r, 'a>(
        &self,
        verdicts: &Verdicts,
        row: &'r mut Vec<Cell<'a>>,
        mut read: impl FnMut(FeatureId) -> Cell<'a>,
    ) -> Permitted<&'r [Cell<'a>]> {
        row.clear();
        row.extend(verdicts.0.iter().map(|verdict| match verdict.outcome() {
            Outcome::Permitted => read(verdict.feature),
            Outcome::Withheld => Cell::Withheld,
        }));
        Permitted::new(row.as_slice())
    }

    /// Fills `cells` with one cell per feature of `features`, as [`Gate::admit`] does with all of them.
    pub fn admit_some<'r, 'a>(
        &self,
        verdicts: &Verdicts,
        features: &[FeatureId],
        cells: &'r mut Vec<Cell<'a>>,
        mut read: impl FnMut(FeatureId) -> Cell<'a>,
    ) -> Permitted<&'r [Cell<'a>]> {
        cells.clear();
        cells.extend(features.iter().map(|feature| match verdicts.of(*feature).outcome() {
            Outcome::Permitted => read(*feature),
            Outcome::Withheld => Cell::Withheld,
        }));
        Permitted::new(cells.as_slice())
    }

    /// Whether rows of a person who accepted these purposes may train at all.
    #[must_use]
    pub fn trains(accepted: Purposes) -> bool {
        accepted.contains(Purpose::ImproveServices)
    }

    /// Reads training rows. `accepted` are the purposes of each row's person; `read` is told, by
    /// row and feature, what it may read, and must withhold the rest.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn admit_training<T, E>(
        &self,
        accepted: &[Purposes],
        read: impl FnOnce(&(dyn Fn(usize, FeatureId) -> bool + Sync)) -> Result<T, E>,
    ) -> Result<Permitted<T>, E> {
        let permits = |row: usize, feature: FeatureId| {
            let needs = self.features[feature.index()].training;
            Self::trains(accepted[row]) && needs.minus(accepted[row]).is_empty()
        };
        read(&permits).map(Permitted::new)
    }

    /// Whether an event of this kind may be kept: some feature made of such events is permitted, and its datum is
    /// not among those that the person objects to.
    #[must_use]
    pub fn keeps(&self, kind: EventKind, accepted: Purposes, forgotten: &BTreeSet<String>) -> bool {
        self.features.iter().any(|feature| match feature.kind {
            FeatureKind::Affinity(Affinity { event, .. }) => {
                event == kind
                    && feature.serving.minus(accepted).is_empty()
                    && !forgotten.contains(&feature.datum)
            }
            FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Flag => false,
        })
    }

    /// The sets of features that acceptance can leave withheld while some personal feature of
    /// `used` is permitted: one for each combination of purposes, without repeats, in order.
    #[must_use]
    pub fn withheld_sets(&self, used: &[FeatureId]) -> Vec<Vec<FeatureId>> {
        let needs = |feature: &FeatureId| self.features[feature.index()].serving;
        let purposes = used.iter().map(needs).fold(Purposes::NONE, Purposes::union);
        let purposes = purposes.iter().collect::<Vec<_>>();
        let personal = used.iter().filter(|feature| !needs(feature).is_empty()).count();
        let mut sets = (0..1_u32 << purposes.len())
            .map(|choice| {
                let chosen = purposes.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1);
                let accepted = chosen.map(|(_, purpose)| *purpose).collect::<Purposes>();
                used.iter().copied().filter(|f| !needs(f).minus(accepted).is_empty()).collect::<Vec<_>>()
            })
            .filter(|withheld| withheld.len() < personal)
            .collect::<Vec<_>>();
        sets.sort();
        sets.dedup();
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ConsentSettings, Signals};
    use super::*;
    use crate::domain::{
        Choices, Decider, Derivation, Ground, Localised, Origin, Provenance, Sensitivity, Signal, Statistic,
        Timestamp,
    };

    fn feature(name: &str, serving: &[Purpose], training: &[Purpose]) -> Feature {
        let personal = !serving.is_empty();
        let affinity =
            Affinity { event: EventKind::Purchase, on: None, statistic: Statistic::Count, window_days: 84 };
        Feature {
            name: name.to_owned(),
            kind: if personal { FeatureKind::Affinity(affinity) } else { FeatureKind::Numeric },
            declared: None,
            monotone: None,
            origin: if personal { Origin::History } else { Origin::Context },
            serving: serving.iter().copied().collect(),
            training: training.iter().copied().collect(),
            data_category: "user.behavior.purchase_history".to_owned(),
            provenance: Provenance::FirstParty,
            derivation: Derivation::Observed,
            sensitivity: Sensitivity::Ordinary,
            controllable: personal,
            retention_days: 365,
            datum: name.to_owned(),
            column: name.to_owned(),
            label: Localised::default(),
        }
    }

    fn gate() -> Gate {
        use Purpose::{CreateAdProfile, ImproveServices, MeasureAds, SelectPersonalisedAds};
        Gate::new(Arc::from(vec![
            feature("slot", &[], &[]),
            feature("bought", &[CreateAdProfile, SelectPersonalisedAds], &[CreateAdProfile, ImproveServices]),
            feature("redeemed", &[SelectPersonalisedAds, MeasureAds], &[MeasureAds, ImproveServices]),
        ]))
    }

    /// Choices that the caller keeps, and no other signal.
    fn kept(accepted: Purposes) -> Weighing {
        Weighing::of(&ConsentSettings::default(), &Signals::default(), accepted, Timestamp::default())
    }

    #[test]
    fn nothing_accepted_leaves_context_alone() {
        let verdicts = gate().judge(true, &kept(Purposes::NONE));
        let permitted = verdicts.as_slice().iter().filter(|v| v.outcome() == Outcome::Permitted).count();
        assert_eq!(permitted, 1);
        assert!(matches!(
            verdicts.of(FeatureId(1)).cause,
            Cause::RefusedBy { refused, .. } if refused.bits() == 0b1_1000
        ));
    }

    #[test]
    fn purposes_without_a_person_permit_nothing() {
        let verdicts = gate().judge(false, &kept(Purposes::ALL));
        assert_eq!(verdicts.of(FeatureId(1)).cause, Cause::NoSubject);
        assert!(verdicts.permits(FeatureId(0)));
    }

    #[test]
    fn a_verdict_tells_which_signal_decided_and_on_which_purpose() {
        let weigh = |signals: &Signals| {
            let settings = ConsentSettings::default();
            gate().judge(true, &Weighing::of(&settings, signals, Purposes::ALL, Timestamp::default()))
        };
        let granted = weigh(&Signals::default());
        assert_eq!(granted.of(FeatureId(0)).cause, Cause::NotPersonal);
        let (signal, ground) = (Signal::StoredChoices, Ground::Consented);
        let decider = Decider { purpose: Purpose::CreateAdProfile, signal, ground };
        assert_eq!(granted.of(FeatureId(1)).cause, Cause::GrantedBy(decider));

        let refused = weigh(&Signals { gpc: true, ..Signals::default() });
        assert!(refused.permits(FeatureId(0)) && !refused.permits(FeatureId(1)));
        let (signal, ground) = (Signal::GlobalPrivacyControl, Ground::PrivacyControl);
        let decider = Decider { purpose: Purpose::SelectPersonalisedAds, signal, ground };
        let both = Purposes::NONE.with(Purpose::SelectPersonalisedAds);
        assert_eq!(refused.of(FeatureId(2)).cause, Cause::RefusedBy { refused: both, decider });
    }

    #[test]
    fn a_withheld_feature_is_not_read() {
        let gate = gate();
        let verdicts = gate.judge(
            true,
            &kept([Purpose::CreateAdProfile, Purpose::SelectPersonalisedAds].into_iter().collect()),
        );
        let mut read = Vec::new();
        let mut row = Vec::new();
        let permitted = gate.admit(&verdicts, &mut row, |feature| {
            read.push(feature);
            Cell::Number(1.0)
        });
        assert_eq!(*permitted, [Cell::Number(1.0), Cell::Number(1.0), Cell::Withheld]);
        assert_eq!(read, [FeatureId(0), FeatureId(1)]);
    }

    #[test]
    fn every_purpose_that_a_feature_needs_must_be_accepted() {
        for missing in [Purpose::CreateAdProfile, Purpose::SelectPersonalisedAds] {
            let accepted = Purposes::ALL.minus(Purposes::NONE.with(missing));
            let verdicts = gate().judge(true, &kept(accepted));
            let (signal, ground) = (Signal::StoredChoices, Ground::PurposeRefused);
            let decider = Decider { purpose: missing, signal, ground };
            let refused = Purposes::NONE.with(missing);
            assert_eq!(verdicts.of(FeatureId(1)).cause, Cause::RefusedBy { refused, decider });
        }
    }

    #[test]
    fn without_purpose_10_a_row_trains_nothing() {
        let gate = gate();
        let accepted = [Purposes::ALL, Purposes::ALL.minus(Purposes::NONE.with(Purpose::ImproveServices))];
        let admitted = gate.admit_training(&accepted, |permits| {
            Ok::<_, ()>((0..2).map(|row| permits(row, FeatureId(1))).collect::<Vec<_>>())
        });
        assert_eq!(*admitted.unwrap(), [true, false]);
    }

    #[test]
    fn an_event_that_nothing_may_use_is_not_kept() {
        let keeps = |kind, accepted, forgotten: &[&str]| {
            gate().keeps(kind, accepted, &forgotten.iter().map(|datum| (*datum).to_owned()).collect())
        };
        assert!(keeps(EventKind::Purchase, Purposes::ALL, &[]));
        assert!(!keeps(EventKind::Purchase, Purposes::NONE.with(Purpose::ImproveServices), &[]));
        assert!(!keeps(EventKind::Browse, Purposes::ALL, &[]));
        assert!(keeps(EventKind::Purchase, Purposes::ALL, &["bought"]), "another datum needs it");
        assert!(!keeps(EventKind::Purchase, Purposes::ALL, &["bought", "redeemed"]));
    }

    #[test]
    fn a_datum_that_is_objected_to_is_withheld_whatever_was_accepted() {
        let mut own = Choices::default();
        own.forgotten.extend(["bought".to_owned(), "slot".to_owned()]);
        let settings = ConsentSettings::default();
        let weigh = |accepted| {
            let signals = Signals::default();
            Weighing::with_choices(&settings, &signals, accepted, Some(&own), Timestamp::default())
        };
        let verdicts = gate().judge(true, &weigh(Purposes::ALL));
        assert_eq!(verdicts.of(FeatureId(0)).cause, Cause::NotPersonal, "the place is not the person's");
        assert_eq!(verdicts.of(FeatureId(1)).cause, Cause::Forgotten);
        assert!(!verdicts.permits(FeatureId(1)) && verdicts.permits(FeatureId(2)));
        let refused = gate().judge(true, &weigh(Purposes::NONE));
        assert_eq!(refused.of(FeatureId(1)).cause, Cause::Forgotten);
        assert!(matches!(refused.of(FeatureId(2)).cause, Cause::RefusedBy { .. }));
    }

    #[test]
    fn withheld_sets_are_those_that_choices_can_produce() {
        let sets = gate().withheld_sets(&[FeatureId(0), FeatureId(1), FeatureId(2)]);
        assert_eq!(sets, [vec![], vec![FeatureId(1)], vec![FeatureId(2)]]);
    }
}
