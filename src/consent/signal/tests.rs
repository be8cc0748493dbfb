//! Every vector as the reference decoder reads it; strings that were tampered with, by the hundred thousand.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::write::TcWritten;
use super::*;
use crate::domain::Timestamp;

const TCF: &str = include_str!("../../../tests/data/consent/tcf_v2.ndjson");
const TCF_23: &str = include_str!("../../../tests/data/consent/tcf_v23.ndjson");
const GPP: &str = include_str!("../../../tests/data/consent/gpp.ndjson");
const CORPUS: &str = include_str!("../../../tests/data/consent/corpus.txt");

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(pair: [char; 2]) -> String {
    pair.iter().collect::<String>().trim().to_owned()
}

fn flags(members: Members, count: u8) -> Value {
    (1..=count).map(|number| members.contains(number)).collect()
}

fn ids(ids: &Ids) -> Value {
    ids.iter().collect()
}

fn some_ids(of: Option<&Ids>) -> Value {
    of.map_or(json!([]), ids)
}

/// A moment as the reference writes it.
fn moment(at: Timestamp) -> String {
    let whole = at.to_string();
    let millis = at.micros() / 1000 % 1000;
    format!("{}.{millis:03}Z", whole.split(['.', 'Z']).next().unwrap())
}

fn restrictions(of: &[Restriction], names: [&str; 3]) -> Value {
    let each = |restriction: &Restriction| {
        let values = [
            json!(restriction.purpose),
            json!(restriction.kind as u8),
            restriction.vendors.iter().collect::<Value>(),
        ];
        names.iter().map(|name| (*name).to_owned()).zip(values).collect::<Map<_, _>>()
    };
    of.iter().map(each).collect()
}

#[test]
fn every_tc_string_of_the_reference_is_read_field_by_field() {
    let (older, newer) = (rows(TCF), rows(TCF_23));
    assert_eq!((older.len(), newer.len()), (60, 12));
    for row in older.into_iter().chain(newer) {
        let mut read = read_tc_string(row["tc_string"].as_str().unwrap()).unwrap();
        read.publisher_restrictions.sort_by_key(|restriction| (restriction.purpose, restriction.kind as u8));
        let publisher = read.publisher.unwrap_or_default();
        let told = json!({
            "tc_string": row["tc_string"],
            "version": read.head.version,
            "cmp_id": read.head.cmp_id,
            "cmp_version": read.head.cmp_version,
            "consent_language": text(read.head.consent_language),
            "publisher_country": text(read.publisher_country),
            "policy_version": read.head.policy_version,
            "vendor_list_version": read.head.vendor_list_version,
            "created_ms": read.head.created.micros() / 1000,
            "is_service_specific": read.is_service_specific,
            "purpose_one_treatment": read.purpose_one_treatment,
            "purpose_consents": read.purpose_consents.iter().collect::<Vec<_>>(),
            "purpose_legitimate_interests": read.purpose_legitimate_interests.iter().collect::<Vec<_>>(),
            "special_feature_optins": read.special_feature_optins.iter().collect::<Vec<_>>(),
            "vendor_consents": ids(&read.vendor_consents),
            "vendor_legitimate_interests": ids(&read.vendor_legitimate_interests),
            "vendors_disclosed": some_ids(read.disclosed_vendors.as_ref()),
            "publisher_consents": publisher.consents.iter().collect::<Vec<_>>(),
            "publisher_restrictions": restrictions(&read.publisher_restrictions, ["purpose", "type", "vendors"]),
        });
        assert_eq!(told, row);
    }
}

#[test]
fn every_gpp_string_of_the_reference_is_read_or_refused_as_it_does() {
    let rows = rows(GPP);
    assert_eq!(rows.len(), 56);
    let mut refused = 0;
    for row in rows {
        let string = row["gpp_string"].as_str().unwrap();
        let read = read_gpp_string(string);
        if row["error"] == json!(true) {
            refused += 1;
            assert!(read.is_err(), "{string} is refused by the reference");
            continue;
        }
        let read = read.unwrap_or_else(|error| panic!("{string}: {error}"));
        assert_eq!(json!(read.sections.iter().map(|(id, _)| id).collect::<Vec<_>>()), row["section_ids"]);
        let told = read.sections.iter().map(|(_, section)| told(section)).collect::<Map<_, _>>();
        assert_eq!(Value::Object(told), row["sections"], "{string}");
    }
    assert_eq!(refused, 6);
}

/// A section as the reference tells it, by its prefix.
fn told(section: &GppSection) -> (String, Value) {
    match section {
        GppSection::TcfEurope(read) => ("tcfeuv2".to_owned(), europe(read)),
        GppSection::TcfCanada(read) => ("tcfcav1".to_owned(), canada(read)),
        GppSection::UsPrivacy(read) => ("uspv1".to_owned(), us_privacy(*read)),
        GppSection::Us(read) => (read.name.to_owned(), us(read)),
    }
}

fn europe(read: &TcString) -> Value {
    let publisher = read.publisher.unwrap_or_default();
    json!({
        "Version": read.head.version,
        "Created": moment(read.head.created),
        "LastUpdated": moment(read.head.last_updated),
        "CmpId": read.head.cmp_id,
        "CmpVersion": read.head.cmp_version,
        "ConsentScreen": read.head.consent_screen,
        "ConsentLanguage": text(read.head.consent_language),
        "VendorListVersion": read.head.vendor_list_version,
        "PolicyVersion": read.head.policy_version,
        "IsServiceSpecific": read.is_service_specific,
        "UseNonStandardStacks": read.use_non_standard_stacks,
        "SpecialFeatureOptins": flags(read.special_feature_optins, 12),
        "PurposeConsents": flags(read.purpose_consents, 24),
        "PurposeLegitimateInterests": flags(read.purpose_legitimate_interests, 24),
        "PurposeOneTreatment": read.purpose_one_treatment,
        "PublisherCountryCode": text(read.publisher_country),
        "VendorConsents": ids(&read.vendor_consents),
        "VendorLegitimateInterests": ids(&read.vendor_legitimate_interests),
        "PublisherRestrictions": restrictions(&read.publisher_restrictions, ["key", "type", "ids"]),
        "PublisherPurposesSegmentType": 3,
        "PublisherConsents": flags(publisher.consents, 24),
        "PublisherLegitimateInterests": flags(publisher.legitimate_interests, 24),
        "NumCustomPurposes": publisher.custom_count,
        "PublisherCustomConsents": flags(publisher.custom_consents, publisher.custom_count),
        "PublisherCustomLegitimateInterests":
            flags(publisher.custom_legitimate_interests, publisher.custom_count),
        "VendorsAllowedSegmentType": 2,
        "VendorsAllowed": some_ids(read.allowed_vendors.as_ref()),
        "VendorsDisclosedSegmentType": 1,
        "VendorsDisclosed": some_ids(read.disclosed_vendors.as_ref()),
    })
}

fn canada(read: &TcfCanada) -> Value {
    let publisher = read.publisher.unwrap_or_default();
    json!({
        "Version": read.head.version,
        "Created": moment(read.head.created),
        "LastUpdated": moment(read.head.last_updated),
        "CmpId": read.head.cmp_id,
        "CmpVersion": read.head.cmp_version,
        "ConsentScreen": read.head.consent_screen,
        "ConsentLanguage": text(read.head.consent_language),
        "VendorListVersion": read.head.vendor_list_version,
        "TcfPolicyVersion": read.head.policy_version,
        "UseNonStandardStacks": read.use_non_standard_stacks,
        "SpecialFeatureExpressConsent": flags(read.special_features, 12),
        "PurposesExpressConsent": flags(read.purposes_express, 24),
        "PurposesImpliedConsent": flags(read.purposes_implied, 24),
        "VendorExpressConsent": ids(&read.vendors_express),
        "VendorImpliedConsent": ids(&read.vendors_implied),
        "PubRestrictions": restrictions(&read.publisher_restrictions, ["key", "type", "ids"]),
        "PubPurposesSegmentType": 3,
        "PubPurposesExpressConsent": flags(publisher.consents, 24),
        "PubPurposesImpliedConsent": flags(publisher.legitimate_interests, 24),
        "NumCustomPurposes": publisher.custom_count,
        "CustomPurposesExpressConsent": flags(publisher.custom_consents, publisher.custom_count),
        "CustomPurposesImpliedConsent": flags(publisher.custom_legitimate_interests, publisher.custom_count),
        "DisclosedVendorsSegmentType": 1,
        "DisclosedVendors": some_ids(read.disclosed_vendors.as_ref()),
    })
}

fn us_privacy(read: UsPrivacy) -> Value {
    let answer = |answer: Option<bool>| answer.map_or("-", |yes| if yes { "Y" } else { "N" });
    json!({
        "Version": 1,
        "Notice": answer(read.notice),
        "OptOutSale": answer(read.sale_opt_out),
        "LspaCovered": answer(read.agreement_covers),
    })
}

/// A section of the United States. The reference fills in what an absent sub-section would say.
fn us(read: &UsSection) -> Value {
    let recent = ["usmd", "usin", "usky", "usri"].contains(&read.name);
    let mut told = Map::new();
    told.insert((if recent { "MspaVersion" } else { "Version" }).to_owned(), json!(read.version));
    for (field, answers) in read.fields() {
        let lists = [UsField::SensitiveDataProcessing, UsField::KnownChildSensitiveDataConsents];
        let is_list = answers.len() > 1 || lists.contains(&field) && read.name == "usnat";
        let value = if is_list { json!(answers) } else { json!(answers[0]) };
        told.insert(field.name().to_owned(), value);
    }
    if ["usin", "usky", "usri"].contains(&read.name) {
        told.entry("SensitiveDataProcessing").or_insert(json!(vec![0; 8]));
    } else if !["usva", "usut", "usfl"].contains(&read.name) {
        told.insert("GpcSegmentType".to_owned(), json!(1));
        told.insert("Gpc".to_owned(), json!(read.gpc.unwrap_or(false)));
    }
    Value::Object(told)
}

#[test]
fn a_sub_section_that_is_absent_says_nothing_of_gpc() {
    let gpc = |string: &str, id: u16| match read_gpp_string(string).unwrap().section(id) {
        Some(GppSection::Us(section)) => section.gpc,
        other => panic!("{other:?}"),
    };
    assert_eq!(gpc("DBABJg~bSFgmJQ.YA", 10), Some(true));
    assert_eq!(gpc("DBABBgA~xlgWEYCZAA", 8), None);
    assert_eq!(gpc("DBABLA~BVQqAAAAAgA.QA", 7), Some(false));
}

#[test]
fn a_broken_string_names_its_place_and_rule_and_nothing_else() {
    let core = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA";
    let cases = [
        (String::new(), "tcfeuv2.core.Version at bit 0: needs 6 bits, 0 are left"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA".to_owned(), "tcfeuv2.core.Version at bit 0: must be 2, is 1"),
        ("CPXxRfAPXxRf".to_owned(), "tcfeuv2.core.LastUpdated at bit 42: needs 36 bits, 30 are left"),
        (format!("{core}.IA+A"), "tcfeuv2.segment.text at bit 12: must be of the base64url alphabet"),
        (format!("{core}."), "tcfeuv2.segment.SegmentType at bit 0: needs 3 bits, 0 are left"),
        (format!("{core}.{core}"), "tcfeuv2.segment.SegmentType at bit 0: must be a segment of the section"),
        (format!("{core}.gAAA"), "tcfeuv2.segment.SegmentType at bit 0: must be a segment of the section"),
        (format!("{core}.IAAA.IAAA"), "tcfeuv2.disclosed_vendors.SegmentType at bit 3: must be there once"),
        (
            format!("{core}.I__gA"),
            "tcfeuv2.disclosed_vendors.DisclosedVendors at bit 20: needs 8191 bits, 10 are left",
        ),
        ("C".repeat(SIGNAL_BYTES_MAX + 1), "tcfeuv2.core.text at bit 0: must be at most 16384 bytes"),
    ];
    for (string, message) in cases {
        assert_eq!(read_tc_string(&string).unwrap_err().to_string(), message);
    }
    let cases = [
        ("", "header.core.Type at bit 0: needs 6 bits, 0 are left"),
        ("CBABLA~BVQqAAAAAgA.QA", "header.core.Type at bit 0: must be 3, is 2"),
        ("DCABLA~BVQqAAAAAgA.QA", "header.core.Version at bit 6: must be 1, is 2"),
        ("DBABLA", "header.core.SectionIds at bit 12: must announce as many sections as follow, 0"),
        (
            "DBABLA~BVQqAAAAAgA.QA~1YNN",
            "header.core.SectionIds at bit 12: must announce as many sections as follow, 2",
        ),
        ("DBGBM~CPXx", "header.core.SectionIds at bit 30: needs 1 bits, 0 are left"),
        ("DBABLA~", "usnat.core.text at bit 0: must not be blank"),
        ("DBABLA~B", "usnat.core.SharingNotice at bit 6: needs 2 bits, 0 are left"),
        ("DBABLA~BVQqAAAAAgA.AA", "usnat.gpc.SubsectionType at bit 0: must be 1, is 0"),
        ("DBABLA~BVQqAAAAAgA.QA.QA", "usnat.core.SubsectionType at bit 60: must be a segment of the section"),
        ("DBABTA~1YYX", "uspv1.core.text at bit 0: must be a version and three of Y, N and -"),
        ("DBABTA~2YYN", "uspv1.core.text at bit 0: must be a version and three of Y, N and -"),
    ];
    for (string, message) in cases {
        assert_eq!(read_gpp_string(string).unwrap_err().to_string(), message, "{string}");
    }
}

#[test]
fn a_restriction_that_is_cut_off_is_not_lost() {
    let string = TcWritten { restrictions: vec![(2, 0, vec![(7, 9)])], ..TcWritten::default() };
    let read = read_tc_string(&string.text()).unwrap();
    let restricted = read.publisher_restrictions[0].vendors.iter().collect::<Vec<_>>();
    assert_eq!((read.publisher_restrictions.len(), restricted), (1, vec![7, 8, 9]));

    let cut = read_tc_string(&string.core().number(1, 12).number(2, 6).text()).unwrap_err();
    assert_eq!(cut.field, "PubRestrictions");
    assert!(matches!(cut.rule, SignalRule::Ends { .. }), "{cut}");
    let cut = read_tc_string(&string.core().number(1, 11).text()).unwrap_err();
    assert_eq!(cut.field, "PubRestrictions");
    let left_out = read_tc_string(&string.core().text()).unwrap();
    assert_eq!(left_out.publisher_restrictions, [], "some encoders leave the field out");
}

/// Strings that the readers must survive: those of the reference and those kept in the corpus.
fn corpus() -> Vec<String> {
    let mut strings =
        CORPUS.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    strings.extend(
        rows(TCF).iter().chain(&rows(TCF_23)).map(|row| row["tc_string"].as_str().unwrap().to_owned()),
    );
    strings.extend(rows(GPP).iter().map(|row| row["gpp_string"].as_str().unwrap().to_owned()));
    strings
}

/// One string of the corpus, tampered with in one to four places.
fn mutant(corpus: &[String], rng: &mut ChaCha8Rng) -> String {
    const LETTERS: &[u8] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/= \0\xc3\xa9";
    let pick = |rng: &mut ChaCha8Rng| corpus.choose(rng).map_or(&[][..], |text| text.as_bytes());
    let mut bytes = pick(rng).to_vec();
    for _ in 0..rng.gen_range(1..=4) {
        let at = rng.gen_range(0..=bytes.len());
        let until = rng.gen_range(at..=bytes.len());
        let letter = *LETTERS.choose(rng).unwrap();
        match rng.gen_range(0..8) {
            0 => bytes.insert(at, letter),
            1 => drop(bytes.drain(at..until.min(at + 3))),
            2 => bytes.truncate(at),
            3 => bytes.extend_from_within(at..until),
            4 => {
                let other = pick(rng);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[rng.gen_range(0..=other.len())..]);
            }
            5 => bytes.splice(at..at, pick(rng).iter().copied().take(8)).for_each(drop),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = letter;
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes that a reading holds on the heap, as far as they depend on the string.
fn held_bytes(string: &GppString) -> usize {
    let ids = |ids: &Ids| match ids {
        Ids::BitEach(words) => words.len() * 8,
        Ids::Ranges(ranges) => ranges.len() * 4,
    };
    let restricted = |all: &[Restriction]| {
        all.iter().map(|one| size_of::<Restriction>() + ids(&one.vendors)).sum::<usize>()
    };
    let of = |section: &GppSection| match section {
        GppSection::TcfEurope(read) => {
            let segments = [read.disclosed_vendors.as_ref(), read.allowed_vendors.as_ref()];
            ids(&read.vendor_consents)
                + ids(&read.vendor_legitimate_interests)
                + restricted(&read.publisher_restrictions)
                + segments.into_iter().flatten().map(ids).sum::<usize>()
        }
        GppSection::TcfCanada(read) => {
            ids(&read.vendors_express)
                + ids(&read.vendors_implied)
                + restricted(&read.publisher_restrictions)
                + read.disclosed_vendors.as_ref().map_or(0, ids)
        }
        GppSection::UsPrivacy(_) => 0,
        GppSection::Us(read) => read.fields().count() * size_of::<(UsField, Answers)>(),
    };
    string.sections.iter().map(|(_, section)| of(section)).sum()
}

#[test]
fn a_string_that_was_tampered_with_is_read_or_refused_and_holds_no_more_than_it_is() {
    let count = std::env::var("LIMPID_MUTANTS").ok().map_or(100_000, |count| count.parse::<u64>().unwrap());
    let corpus = corpus();
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_124);
    let (mut read, mut refused) = (0_u64, 0_u64);
    for _ in 0..count {
        let string = mutant(&corpus, &mut rng);
        let whole = read_gpp_string(&string);
        let alone = read_tc_string(&string).map(|read| GppString {
            sections: vec![(2, GppSection::TcfEurope(Box::new(read)))],
            unread: Vec::new(),
        });
        for reading in [whole, alone] {
            match reading {
                Ok(reading) => {
                    read += 1;
                    assert!(held_bytes(&reading) <= 64 * string.len() + 1024, "{string}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.bit <= string.len() * 6, "{string}: {error}");
                }
            }
        }
    }
    assert!(read > count / 20 && refused > count / 20, "{read} read, {refused} refused: mutants of one kind");
}

#[test]
fn a_string_of_ranges_alone_costs_no_more_than_it_is() {
    // As many ranges as fit: each is 33 bits, and stands for 65,535 identifiers.
    let ranges = [(1, 65_535); 2_800];
    let core = TcWritten { restrictions: vec![(2, 0, ranges.to_vec())], ..TcWritten::default() };
    let string = core.text();
    assert!((15_000..=SIGNAL_BYTES_MAX).contains(&string.len()), "{}", string.len());
    let read = read_tc_string(&string).unwrap();
    assert!(read.publisher_restrictions[0].vendors.contains(40_000));
    let section = GppSection::TcfEurope(Box::new(read));
    let held = held_bytes(&GppString { sections: vec![(2, section)], unread: Vec::new() });
    assert!(held <= string.len(), "{held} bytes for {} characters", string.len());
}
