//! What the person told this service itself.
//!
//! A purpose that the person withdrew here, or objects to, is refused whatever anyone else says; when the person
//! stopped personalisation, all are. A purpose that was accepted here speaks for itself alone: any other signal
//! that refuses wins, and a caller who keeps choices and does not name the purpose refuses it. So an acceptance
//! kept here permits something only where the caller keeps no choices of its own, and it ages as a consent
//! string does. Of a purpose that nothing was said of here, nothing is said.

use super::{ConsentSettings, Opinion};
use crate::domain::{Choices, Ground, Purpose, Purposes, Signal, Timestamp};

/// What a person's own choices say.
pub(super) fn opinion(settings: &ConsentSettings, choices: &Choices, now: Timestamp) -> Opinion {
    let own = Opinion::silent(Signal::OwnChoices);
    let stopped = if choices.is_stopped() { Purposes::ALL } else { Purposes::NONE };
    let fresh = granted(settings, choices, now);
    own.refusing(stopped, Ground::PersonalisationStopped)
        .refusing(choices.objected, Ground::Objected)
        .refusing(of(choices.withdrawn.keys()), Ground::Withdrawn)
        .granting(fresh, Ground::Consented)
        .refusing(of(choices.granted.keys()), Ground::Stale)
}

/// The purposes that were accepted here, and not too long ago.
pub(super) fn granted(settings: &ConsentSettings, choices: &Choices, now: Timestamp) -> Purposes {
    choices.granted_since(now.plus_days(-i64::from(settings.stale_days())))
}

/// The purposes under which a caller may hand in data of a person: those that it names, or where it names none
/// those that the person accepted here, without what the person refuses here.
#[must_use]
pub fn in_force(
    settings: &ConsentSettings,
    accepted: Purposes,
    choices: &Choices,
    now: Timestamp,
) -> Purposes {
    let named = if accepted.is_empty() { granted(settings, choices, now) } else { accepted };
    named.minus(choices.refused())
}

fn of<'p>(purposes: impl Iterator<Item = &'p Purpose>) -> Purposes {
    purposes.copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Age, Signals, Weighing};
    use super::*;
    use crate::domain::{Objection, Statement};

    const NOW: Timestamp = Timestamp::from_micros(1_768_003_200_000_000);

    fn said(statements: &[Statement], at: Timestamp) -> Choices {
        let mut choices = Choices::default();
        for statement in statements {
            choices.hear(statement, at);
        }
        choices
    }

    fn weigh(signals: &Signals, accepted: Purposes, choices: &Choices) -> Weighing {
        Weighing::with_choices(&ConsentSettings::default(), signals, accepted, Some(choices), NOW)
    }

    fn decided(weighing: &Weighing, purpose: Purpose) -> (bool, Signal, Ground) {
        let decider = weighing.decider(purpose);
        (weighing.accepted().contains(purpose), decider.signal, decider.ground)
    }

    #[test]
    fn what_was_withdrawn_here_is_refused_whatever_the_caller_passes() {
        let purpose = Purpose::SelectPersonalisedAds;
        let cases = [
            (Statement::Withdraw(purpose), Ground::Withdrawn),
            (Statement::Object(Objection::Purpose(purpose)), Ground::Objected),
            (Statement::Object(Objection::Personalisation), Ground::PersonalisationStopped),
        ];
        for (statement, ground) in cases {
            let choices = said(&[statement], NOW);
            let weighing = weigh(&Signals::default(), Purposes::ALL, &choices);
            assert_eq!(decided(&weighing, purpose), (false, Signal::OwnChoices, ground));
            let other = decided(&weighing, Purpose::MeasureAds);
            assert_eq!(other.0, ground != Ground::PersonalisationStopped, "{ground:?}");
        }
    }

    #[test]
    fn what_was_accepted_here_permits_where_the_caller_keeps_nothing() {
        let purpose = Purpose::SelectPersonalisedAds;
        let choices = said(&[Statement::Grant(purpose)], NOW);
        let alone = weigh(&Signals::default(), Purposes::NONE, &choices);
        assert_eq!(alone.accepted(), Purposes::NONE.with(purpose));
        assert_eq!(decided(&alone, purpose), (true, Signal::OwnChoices, Ground::Consented));
        assert_eq!(decided(&alone, Purpose::MeasureAds).2, Ground::Missing);

        let named = weigh(&Signals::default(), Purposes::NONE.with(Purpose::MeasureAds), &choices);
        assert_eq!(decided(&named, purpose), (false, Signal::StoredChoices, Ground::PurposeRefused));
        let none = Signals { stored: Some(Purposes::NONE), ..Signals::default() };
        assert!(weigh(&none, Purposes::NONE, &choices).accepted().is_empty());
    }

    #[test]
    fn what_was_accepted_here_holds_against_no_other_signal() {
        let choices = said(&Purpose::ALL.map(Statement::Grant), NOW);
        let cases = [
            Signals { gpc: true, ..Signals::default() },
            Signals { gdpr_applies: true, ..Signals::default() },
            Signals { age: Age::Minor, ..Signals::default() },
        ];
        for signals in cases {
            let accepted = weigh(&signals, Purposes::NONE, &choices).accepted();
            assert!(!accepted.contains(Purpose::SelectPersonalisedAds), "{signals:?}");
        }
    }

    #[test]
    fn an_acceptance_ages_as_a_consent_string_does() {
        let purpose = Purpose::SelectPersonalisedAds;
        let days = i64::from(ConsentSettings::default().stale_days());
        let weigh_after = |days: i64| {
            let choices = said(&[Statement::Grant(purpose)], NOW.plus_days(-days));
            decided(&weigh(&Signals::default(), Purposes::NONE, &choices), purpose)
        };
        assert_eq!(weigh_after(days), (true, Signal::OwnChoices, Ground::Consented));
        assert_eq!(weigh_after(days + 1), (false, Signal::OwnChoices, Ground::Stale));
    }

    fn choices() -> impl Strategy<Value = Choices> {
        let statement = (0..3_usize, 0..11_usize).prop_map(|(kind, at)| {
            let purpose = Purpose::ALL[at];
            [
                Statement::Grant(purpose),
                Statement::Withdraw(purpose),
                Statement::Object(Objection::Purpose(purpose)),
            ][kind]
                .clone()
        });
        prop::collection::vec(statement, 0..12).prop_map(|statements| said(&statements, NOW))
    }

    proptest! {
        #[test]
        fn own_choices_only_narrow_what_a_caller_names(choices in choices(), bits in 1_u16..) {
            let named = Purposes::from_bits(bits);
            prop_assume!(!named.is_empty());
            let accepted = weigh(&Signals::default(), named, &choices).accepted();
            prop_assert_eq!(accepted, named.minus(choices.refused()));
            prop_assert_eq!(in_force(&ConsentSettings::default(), named, &choices, NOW), accepted);
        }

        #[test]
        fn events_and_decisions_are_held_to_the_same_purposes(choices in choices()) {
            let accepted = weigh(&Signals::default(), Purposes::NONE, &choices).accepted();
            let in_force = in_force(&ConsentSettings::default(), Purposes::NONE, &choices, NOW);
            prop_assert_eq!(in_force, accepted);
        }

        #[test]
        fn whoever_said_nothing_is_weighed_as_before(bits: u16, gpc: bool) {
            let signals = Signals { gpc, ..Signals::default() };
            let named = Purposes::from_bits(bits);
            let before = Weighing::of(&ConsentSettings::default(), &signals, named, NOW);
            prop_assert_eq!(weigh(&signals, named, &Choices::default()), before);
        }
    }
}
