//! The strictest signal decides: each row of the tables below is a rule.

use proptest::prelude::*;

use super::super::signal::write::{TcWritten, Written, gpp_written};
use super::*;
use crate::domain::{Ground as G, Purpose};

/// The service's number in the vendor list.
const VENDOR: u16 = 42;
/// The day on which all is weighed, in seconds: 2026-01-10.
const TODAY: u64 = 1_768_003_200;
const DAY: u64 = 86_400;

fn now() -> Timestamp {
    Timestamp::default().plus_seconds(TODAY.cast_signed())
}

fn purposes(numbers: &[i64]) -> Purposes {
    numbers.iter().map(|number| Purpose::from_number(*number).unwrap()).collect()
}

fn settings() -> ConsentSettings {
    let config = ConsentConfig {
        vendor_id: Some(VENDOR),
        legitimate_interest: purposes(&[2, 7, 9, 10]),
        ..ConsentConfig::default()
    };
    config.check().unwrap()
}

/// A string by which everything is accepted.
fn all_accepted() -> TcWritten {
    TcWritten {
        updated_seconds: TODAY - DAY,
        consents: (1..=11).collect(),
        vendors: vec![7, VENDOR],
        ..TcWritten::default()
    }
}

fn tc(string: &TcWritten) -> Signals {
    Signals { tc_string: Some(SignalText(string.text())), ..Signals::default() }
}

fn gpp(sections: &[(u64, String)]) -> Signals {
    Signals { gpp_string: Some(SignalText(gpp_written(sections))), ..Signals::default() }
}

fn weigh(signals: &Signals) -> Weighing {
    Weighing::of(&settings(), signals, Purposes::NONE, now())
}

/// A section of California: notices of sale and sharing, of limits; opt-outs of sale and sharing.
fn california(answers: [u64; 5], sensitive: u64, child: u64, further: u64, provider: u64) -> String {
    let bits = Written::default().number(1, 6).answers(&answers).answers(&[0, 0, sensitive]);
    bits.answers(&[0; 6]).answers(&[child, 0, further, 1, 0, provider]).text()
}

/// The national section of version 2: six notices, three opt-outs.
fn national(version: u64, notices: [u64; 6], opt_outs: [u64; 3]) -> String {
    let bits = Written::default().number(version, 6).answers(&notices).answers(&opt_outs);
    bits.answers(&[0; 16]).answers(&[0; 3]).answers(&[0, 1, 0, 0]).text()
}

const TOLD: [u64; 6] = [1, 1, 1, 1, 0, 0];

/// Who decides on purpose 4, and why.
fn on_profiles(weighing: &Weighing) -> (Signal, G) {
    let decider = weighing.decider(Purpose::SelectPersonalisedAds);
    (decider.signal, decider.ground)
}

#[test]
fn a_string_that_accepts_everything_permits_everything() {
    let weighing = weigh(&tc(&all_accepted()));
    assert_eq!(weighing.accepted(), Purposes::ALL);
    assert_eq!(on_profiles(&weighing), (Signal::TcString, G::Consented));
}

#[test]
fn a_string_permits_the_purposes_that_it_accepts_and_no_other() {
    for purpose in Purpose::ALL {
        let consents = (1..=11).filter(|number| *number != u16::from(purpose.number())).collect();
        let weighing = weigh(&tc(&TcWritten { consents, ..all_accepted() }));
        assert_eq!(weighing.accepted(), Purposes::ALL.minus(Purposes::NONE.with(purpose)));
        let decider = Decider { purpose, signal: Signal::TcString, ground: G::PurposeRefused };
        assert_eq!(weighing.decider(purpose), decider);
    }
}

#[test]
fn a_string_that_does_not_hold_permits_nothing() {
    let fine = all_accepted();
    let cases = [
        (TcWritten { vendors: vec![7], ..fine.clone() }, G::VendorRefused),
        (TcWritten { is_service_specific: false, ..fine.clone() }, G::NotServiceSpecific),
        (TcWritten { updated_seconds: TODAY - 397 * DAY, ..fine.clone() }, G::Stale),
        (TcWritten { updated_seconds: TODAY + 2 * DAY, ..fine.clone() }, G::FromTheFuture),
        (TcWritten { policy_version: 5, ..fine.clone() }, G::VendorNotDisclosed),
        (TcWritten { policy_version: 5, disclosed: Some(vec![7]), ..fine.clone() }, G::VendorNotDisclosed),
        (TcWritten { disclosed: Some(Vec::new()), ..fine }, G::VendorNotDisclosed),
    ];
    for (string, ground) in cases {
        let weighing = weigh(&tc(&string));
        assert_eq!(weighing.accepted(), Purposes::NONE, "{ground:?}");
        for purpose in Purpose::ALL {
            assert_eq!(weighing.decider(purpose), Decider { purpose, signal: Signal::TcString, ground });
        }
    }
}

#[test]
fn a_string_holds_for_thirteen_months_and_no_day_longer() {
    let string = |updated_seconds| tc(&TcWritten { updated_seconds, ..all_accepted() });
    assert_eq!(weigh(&string(TODAY - 396 * DAY)).accepted(), Purposes::ALL);
    assert_eq!(weigh(&string(TODAY - 396 * DAY - 1)).accepted(), Purposes::NONE);
    let month = ConsentConfig { vendor_id: Some(VENDOR), stale_days: 30, ..ConsentConfig::default() };
    let month = month.check().unwrap();
    let weigh = |updated| Weighing::of(&month, &string(updated), Purposes::NONE, now()).accepted();
    assert_eq!((weigh(TODAY - 30 * DAY), weigh(TODAY - 31 * DAY)), (Purposes::ALL, Purposes::NONE));
}

#[test]
fn a_disclosed_vendor_is_one_under_either_version() {
    for policy_version in [4, 5] {
        let string = TcWritten { policy_version, disclosed: Some(vec![VENDOR]), ..all_accepted() };
        assert_eq!(weigh(&tc(&string)).accepted(), Purposes::ALL);
    }
}

#[test]
fn without_a_number_no_string_can_name_the_service() {
    let weighing = Weighing::of(&ConsentSettings::default(), &tc(&all_accepted()), Purposes::NONE, now());
    assert_eq!(weighing.accepted(), Purposes::NONE);
    assert_eq!(on_profiles(&weighing), (Signal::TcString, G::NoVendorId));
}

#[test]
fn purposes_3_to_6_are_never_a_legitimate_interest() {
    let string = TcWritten {
        consents: Vec::new(),
        legitimate_interests: (1..=11).collect(),
        vendors: Vec::new(),
        vendors_on_interest: vec![VENDOR],
        ..all_accepted()
    };
    let weighing = weigh(&tc(&string));
    assert_eq!(weighing.accepted(), purposes(&[2, 7, 9, 10]), "those that are registered on it");
    assert_eq!(weighing.decider(Purpose::MeasureAds).ground, G::LegitimateInterest);
    assert_eq!(on_profiles(&weighing), (Signal::TcString, G::PurposeRefused));

    let of_another = TcWritten { vendors_on_interest: vec![7], ..string };
    assert_eq!(weigh(&tc(&of_another)).accepted(), Purposes::NONE);
}

#[test]
fn a_publishers_restriction_takes_a_basis_away() {
    let both =
        TcWritten { legitimate_interests: vec![7], vendors_on_interest: vec![VENDOR], ..all_accepted() };
    let consent_only = TcWritten { legitimate_interests: Vec::new(), ..both.clone() };
    let interest_only = TcWritten { consents: vec![1, 2, 3, 4, 5, 6, 8, 9, 10, 11], ..both.clone() };
    let ours = vec![(40, 50)];
    // String, kind of restriction, vendors, whether purpose 7 is permitted, why.
    let cases = [
        (&both, 0, ours.clone(), false, G::PublisherRestricts),
        (&both, 1, ours.clone(), true, G::Consented),
        (&both, 2, ours.clone(), true, G::LegitimateInterest),
        (&both, 3, ours.clone(), false, G::PublisherRestricts),
        (&consent_only, 1, ours.clone(), true, G::Consented),
        (&consent_only, 2, ours.clone(), false, G::PublisherRestricts),
        (&interest_only, 1, ours.clone(), false, G::PublisherRestricts),
        (&interest_only, 2, ours, true, G::LegitimateInterest),
        (&both, 0, vec![(1, 41), (43, 99)], true, G::Consented),
    ];
    for (string, kind, vendors, permitted, ground) in cases {
        let string = TcWritten { restrictions: vec![(7, kind, vendors)], ..string.clone() };
        let weighing = weigh(&tc(&string));
        let decider = weighing.decider(Purpose::MeasureAds);
        assert_eq!(weighing.accepted().contains(Purpose::MeasureAds), permitted, "{kind} {ground:?}");
        assert_eq!(decider.ground, ground, "{kind}");
        assert!(weighing.accepted().contains(Purpose::SelectPersonalisedAds), "of purpose 7 alone");
    }
}

#[test]
fn what_is_missing_or_unreadable_withholds() {
    let text = |text: &str| Some(SignalText(text.to_owned()));
    let none = Signals::default();
    let cases = [
        (none.clone(), Signal::StoredChoices, G::PurposeRefused),
        (Signals { gdpr_applies: true, ..none.clone() }, Signal::TcString, G::Missing),
        (Signals { tc_string: text(""), ..none.clone() }, Signal::TcString, G::Unreadable),
        (Signals { tc_string: text("not a string"), ..none.clone() }, Signal::TcString, G::Unreadable),
        (Signals { gpp_string: text("DBABLA"), ..none.clone() }, Signal::GppString, G::Unreadable),
        (Signals { gpp_sections: Some(vec![8]), ..none.clone() }, Signal::GppString, G::Missing),
        (
            Signals {
                gpp_sections: Some(vec![8, 9]),
                ..gpp(&[(8, california([1, 1, 0, 2, 2], 0, 0, 0, 0))])
            },
            Signal::GppSection(9),
            G::Missing,
        ),
        (gpp(&[(28, "BAAA".to_owned())]), Signal::GppSection(28), G::Unreadable),
        (gpp(&[(7, national(3, TOLD, [2, 2, 2]))]), Signal::GppSection(7), G::UnknownVersion),
    ];
    for (signals, signal, ground) in cases {
        // Choices that are kept do not make up for it.
        for accepted in [Purposes::NONE, Purposes::ALL] {
            let weighing = Weighing::of(&settings(), &signals, accepted, now());
            if signal == Signal::StoredChoices {
                assert_eq!(weighing.accepted(), accepted);
                continue;
            }
            assert_eq!(weighing.accepted(), Purposes::NONE, "{signal:?} {ground:?}");
            assert_eq!(on_profiles(&weighing), (signal, ground));
        }
    }
}

#[test]
fn choices_that_are_kept_narrow_what_a_string_grants() {
    let string = tc(&all_accepted());
    let kept = Weighing::of(&settings(), &string, purposes(&[2, 3]), now());
    assert_eq!(kept.accepted(), purposes(&[2, 3]));
    assert_eq!(on_profiles(&kept), (Signal::StoredChoices, G::PurposeRefused));

    let said = Signals { stored: Some(Purposes::NONE), ..string };
    assert_eq!(weigh(&said).accepted(), Purposes::NONE, "it is said that nothing is accepted");
}

#[test]
fn the_browsers_switch_wins_over_consent() {
    let left = purposes(&[1, 2, 7, 8, 11]);
    let switched = Signals { gpc: true, ..tc(&all_accepted()) };
    let weighing = Weighing::of(&settings(), &switched, Purposes::ALL, now());
    assert_eq!(weighing.accepted(), left);
    assert_eq!(on_profiles(&weighing), (Signal::GlobalPrivacyControl, G::PrivacyControl));

    // The same from a section, even one that does not apply.
    let section = california([1, 1, 0, 2, 2], 0, 0, 0, 0) + ".YA";
    for gpp_sections in [None, Some(Vec::new())] {
        let signals = Signals { gpp_sections, ..gpp(&[(8, section.clone())]) };
        let weighing = Weighing::of(&settings(), &signals, Purposes::ALL, now());
        assert_eq!(weighing.accepted(), left);
        assert_eq!(on_profiles(&weighing), (Signal::GppSection(8), G::PrivacyControl));
    }
}

#[test]
fn children_are_served_by_context_alone_whatever_was_accepted() {
    let fine = tc(&all_accepted());
    let careful = ConsentConfig { unknown_age: UnknownAge::ContextOnly, ..ConsentConfig::default() };
    let careful = ConsentConfig { vendor_id: Some(VENDOR), ..careful }.check().unwrap();
    let cases = [
        (settings(), Signals { age: Age::Minor, ..fine.clone() }, Some(G::Minor)),
        (
            settings(),
            Signals { child_directed: true, age: Age::Adult, ..fine.clone() },
            Some(G::ChildDirected),
        ),
        (settings(), fine.clone(), None),
        (settings(), Signals { age: Age::Adult, ..fine.clone() }, None),
        (careful.clone(), fine.clone(), Some(G::AgeUnknown)),
        (careful, Signals { age: Age::Adult, ..fine }, None),
    ];
    for (settings, signals, refused) in cases {
        let weighing = Weighing::of(&settings, &signals, Purposes::ALL, now());
        match refused {
            None => assert_eq!(weighing.accepted(), Purposes::ALL),
            Some(ground) => {
                assert_eq!(weighing.accepted(), Purposes::NONE);
                assert_eq!(on_profiles(&weighing), (Signal::Age, ground));
            }
        }
    }
}

#[test]
fn in_the_united_states_what_was_opted_out_of_is_refused() {
    let all = Purposes::ALL;
    let no_gain = all.minus(GAINS_OF_OTHERS);
    let no_profile = all.minus(PROFILES);
    let told = [1, 1, 0, 2, 2];
    // Section, what is permitted, why purpose 4 is as it is.
    let cases = [
        (8, california(told, 0, 0, 0, 0), all, G::NotOptedOut),
        (8, california([1, 1, 0, 1, 2], 0, 0, 0, 0), no_gain, G::OptedOutOfSale),
        (8, california([1, 1, 0, 2, 1], 0, 0, 0, 0), no_gain, G::OptedOutOfSharing),
        (8, california([1, 1, 0, 3, 2], 0, 0, 0, 0), no_gain, G::OptedOutOfSale),
        (8, california([0, 1, 0, 2, 2], 0, 0, 0, 0), no_gain, G::NoNotice),
        (8, california([1, 2, 0, 2, 2], 0, 0, 0, 0), no_gain, G::NoNotice),
        (8, california([0, 0, 0, 0, 0], 0, 0, 0, 0), no_profile, G::NotAsked),
        (8, california([0, 1, 0, 0, 2], 0, 0, 0, 0), all, G::NotOptedOut),
        (8, california(told, 1, 0, 0, 0), no_profile, G::SensitiveDataRefused),
        (8, california(told, 2, 0, 0, 0), all, G::NotOptedOut),
        (8, california(told, 0, 1, 0, 0), Purposes::NONE, G::Minor),
        (8, california(told, 0, 2, 0, 0), Purposes::NONE, G::Minor),
        (8, california(told, 0, 0, 1, 0), no_gain, G::FurtherUseRefused),
        (8, california(told, 0, 0, 0, 1), no_profile, G::ServiceProviderOnly),
        (8, california(told, 0, 0, 0, 2), all, G::NotOptedOut),
        (7, national(2, TOLD, [2, 2, 2]), all, G::NotOptedOut),
        (7, national(2, TOLD, [2, 2, 1]), no_profile, G::OptedOutOfTargetedAdvertising),
        (7, national(2, TOLD, [2, 2, 0]), no_profile, G::NotAsked),
        (7, national(2, [2, 1, 1, 1, 0, 0], [2, 2, 2]), no_gain, G::NoNotice),
        (6, "1YNN".to_owned(), all, G::NotOptedOut),
        (6, "1YYN".to_owned(), no_gain, G::OptedOutOfSale),
        (6, "1Y-N".to_owned(), no_gain, G::NotAsked),
        (6, "1NNN".to_owned(), no_gain, G::NoNotice),
        (6, "1---".to_owned(), no_gain, G::NoNotice),
    ];
    for (number, (id, section, permitted, ground)) in cases.into_iter().enumerate() {
        let weighing = weigh(&gpp(&[(id, section)]));
        assert_eq!(weighing.accepted(), permitted, "row {number}: {ground:?}");
        let signal = Signal::GppSection(u16::try_from(id).unwrap());
        assert_eq!(on_profiles(&weighing), (signal, ground), "row {number}");
    }
}

#[test]
fn the_later_states_say_which_mode_is_on_in_one_field() {
    let indiana = |mode: u64, child: u64| {
        let bits = Written::default().number(1, 6).answers(&[1, mode, 1, 1, 1, 2, 2, child, 0]);
        weigh(&gpp(&[(25, bits.text())]))
    };
    assert_eq!(indiana(1, 0).accepted(), Purposes::ALL);
    assert_eq!(on_profiles(&indiana(2, 0)).1, G::ServiceProviderOnly);
    assert_eq!(on_profiles(&indiana(1, 1)).1, G::Minor);
}

#[test]
fn sections_count_when_they_apply_and_the_strictest_decides() {
    let refusing = TcWritten { consents: vec![2], ..all_accepted() };
    let sections = [(2, refusing.text()), (8, california([1, 1, 0, 2, 2], 0, 0, 0, 0))];
    let both = gpp(&sections);
    assert_eq!(weigh(&both).accepted(), purposes(&[2]));
    assert_eq!(on_profiles(&weigh(&both)), (Signal::GppSection(2), G::PurposeRefused));
    let one = Signals { gpp_sections: Some(vec![8]), ..both.clone() };
    assert_eq!(weigh(&one).accepted(), Purposes::ALL);
    let none = Signals { gpp_sections: Some(Vec::new()), ..both };
    assert_eq!(weigh(&none).accepted(), Purposes::NONE, "nothing grants");
    assert_eq!(on_profiles(&weigh(&none)), (Signal::StoredChoices, G::Missing));

    // A string beside the platform's is one more signal.
    let beside = Signals { tc_string: Some(SignalText(refusing.text())), ..one };
    assert_eq!(weigh(&beside).accepted(), purposes(&[2]));
    // The platform's section is the string that must be there.
    let there = Signals { gdpr_applies: true, ..gpp(&[(2, all_accepted().text())]) };
    assert_eq!(weigh(&there).accepted(), Purposes::ALL);
    let applies_not = Signals { gpp_sections: Some(Vec::new()), ..there };
    assert_eq!(on_profiles(&weigh(&applies_not)), (Signal::TcString, G::Missing));
}

#[test]
fn in_canada_profiles_need_express_consent() {
    let section = |express: &[u16], implied: &[u16], by: (&[u16], &[u16])| {
        let bits =
            Written::default().number(1, 6).number((TODAY - DAY) * 10, 36).number((TODAY - DAY) * 10, 36);
        let bits = bits.number(1, 12).number(1, 12).number(1, 6).number(4, 6).number(13, 6).number(15, 12);
        let bits = bits.number(2, 6).number(0, 1).number(0, 12).members(express, 24).members(implied, 24);
        weigh(&gpp(&[(5, bits.ids(by.0).ids(by.1).number(0, 12).text())]))
    };
    let all = (1..=10).collect::<Vec<_>>();
    let expressly = section(&all, &[], (&[VENDOR], &[]));
    assert_eq!(expressly.accepted(), purposes(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    let implied = section(&[], &all, (&[], &[VENDOR]));
    assert_eq!(implied.accepted(), purposes(&[2, 7, 9, 10]));
    assert_eq!(on_profiles(&implied), (Signal::GppSection(5), G::PurposeRefused));
    assert_eq!(section(&all, &all, (&[7], &[7])).accepted(), Purposes::NONE);
}

#[test]
fn a_consent_string_is_never_shown() {
    let signals = tc(&all_accepted());
    let text = signals.tc_string.clone().unwrap().0;
    assert!(!format!("{signals:?}").contains(&text));
}

proptest! {
    #[test]
    fn several_signals_permit_what_each_of_them_permits(
        kept in 0_u16..1 << 12,
        consents in proptest::collection::vec(1_u16..12, 0..12),
        policy_version in 4_u64..6,
        answers in proptest::array::uniform5(0_u64..4),
        rest in proptest::array::uniform4(0_u64..3),
        gpc: bool,
        is_minor in proptest::bool::weighted(0.1),
        which in 0_u8..16,
    ) {
        let stored = Some(Purposes::from_bits(kept));
        let string = TcWritten { policy_version, consents, ..all_accepted() };
        let california = california(answers, rest[0], rest[1], rest[2], rest[3]);
        let age = if is_minor { Age::Minor } else { Age::Unknown };
        let whole = Signals {
            tc_string: (which & 1 != 0).then(|| SignalText(string.text())),
            gpp_string: (which & 2 != 0).then(|| SignalText(gpp_written(&[(8, california)]))),
            gpc: gpc && which & 4 != 0,
            age: if which & 8 != 0 { age } else { Age::Unknown },
            stored,
            ..Signals::default()
        };
        let alone = [
            Signals { tc_string: whole.tc_string.clone(), stored, ..Signals::default() },
            Signals { gpp_string: whole.gpp_string.clone(), stored, ..Signals::default() },
            Signals { gpc: whole.gpc, stored, ..Signals::default() },
            Signals { age: whole.age, stored, ..Signals::default() },
        ];
        let each = alone.iter().map(|signals| weigh(signals).accepted());
        let all = each.fold(Purposes::ALL, Purposes::intersection);
        let weighed = weigh(&whole);
        prop_assert_eq!(weighed.accepted(), all);
        prop_assert_eq!(all.minus(Purposes::from_bits(kept)), Purposes::NONE, "never more than is kept");
        for purpose in Purpose::ALL {
            let granted = [G::Consented, G::LegitimateInterest, G::NotOptedOut];
            let decider = weighed.decider(purpose);
            prop_assert_eq!(decider.purpose, purpose);
            prop_assert_eq!(granted.contains(&decider.ground), all.contains(purpose), "{:?}", decider);
        }
    }
}
