//! The public book of the API: names and numbers that callers rely on change only on purpose.

use std::fmt::Write as _;

use limpid::rpc::pb;
use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

/// The API as it was agreed. When a change is meant, this file changes with it; numbers are never
/// used again.
const AGREED: &str = include_str!("api.txt");

fn pool() -> DescriptorPool {
    DescriptorPool::decode(pb::DESCRIPTORS).unwrap()
}

fn ours(package: &str) -> bool {
    package == "limpid.v1"
}

fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    pool.all_messages().filter(|message| ours(message.package_name()) && !message.is_map_entry()).collect()
}

fn enums(pool: &DescriptorPool) -> Vec<EnumDescriptor> {
    pool.all_enums().filter(|kind| ours(kind.package_name())).collect()
}

/// Services, messages and enums, a line each part, in the order of their names and numbers.
fn describe(pool: &DescriptorPool) -> String {
    let mut parts = Vec::new();
    for service in pool.services().filter(|service| ours(service.package_name())) {
        let mut text = format!("service {}\n", service.name());
        for method in service.methods() {
            let stream = if method.is_client_streaming() { "stream " } else { "" };
            let (input, output) = (method.input(), method.output());
            writeln!(text, "  {}({stream}{}) {}", method.name(), input.name(), output.name()).unwrap();
        }
        parts.push(text);
    }
    for message in messages(pool) {
        let mut text = format!("message {}\n", message.name());
        for field in message.fields() {
            writeln!(text, "  {} {} {}", field.number(), field.name(), kind_of(&field)).unwrap();
        }
        parts.push(text);
    }
    for kind in enums(pool) {
        let mut text = format!("enum {}\n", kind.name());
        for value in kind.values() {
            writeln!(text, "  {} {}", value.number(), value.name()).unwrap();
        }
        parts.push(text);
    }
    parts.sort();
    parts.join("\n")
}

fn kind_of(field: &FieldDescriptor) -> String {
    let name = match field.kind() {
        Kind::Message(entry) if entry.is_map_entry() => {
            let value = kind_of(&entry.map_entry_value_field());
            return format!("map of {value}");
        }
        Kind::Message(message) => message.full_name().trim_start_matches("limpid.v1.").to_owned(),
        Kind::Enum(kind) => kind.name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    match (field.is_list(), field.containing_oneof()) {
        (true, _) => format!("list of {name}"),
        (false, Some(oneof)) => format!("{name} (one of {})", oneof.name()),
        (false, None) => name,
    }
}

#[test]
fn the_api_is_as_agreed() {
    let found = describe(&pool());
    assert!(found == AGREED, "tests/it/api.txt is to say, if this is meant:\n{found}");
}

#[test]
fn every_call_has_a_request_and_a_response_of_its_own() {
    for service in pool().services().filter(|service| ours(service.package_name())) {
        for method in service.methods() {
            assert_eq!(method.input().name(), format!("{}Request", method.name()));
            assert_eq!(method.output().name(), format!("{}Response", method.name()));
        }
    }
}

#[test]
fn every_enum_begins_with_unspecified_and_prefixes_its_values() {
    for kind in enums(&pool()) {
        let mut prefix = String::new();
        for (place, letter) in kind.name().char_indices() {
            if letter.is_uppercase() && place > 0 {
                prefix.push('_');
            }
            prefix.push(letter.to_ascii_uppercase());
        }
        let unspecified = format!("{prefix}_UNSPECIFIED");
        assert_eq!(kind.get_value(0).unwrap().name(), unspecified, "{}", kind.name());
        assert!(
            kind.values().all(|value| value.name().starts_with(&format!("{prefix}_"))),
            "{}",
            kind.name()
        );
    }
}

#[test]
fn everything_in_the_api_is_explained() {
    let pool = pool();
    let mut silent = Vec::new();
    for file in pool.files().filter(|file| ours(file.package_name())) {
        let proto = file.file_descriptor_proto();
        let locations = &proto.source_code_info.as_ref().expect("comments are kept").location;
        let told = |path: &[i32]| {
            locations.iter().any(|at| at.path == path && !at.leading_comments().trim().is_empty())
        };
        let mut demand = |path: &[i32], name: &str| {
            if !told(path) {
                silent.push(name.to_owned());
            }
        };
        // Paths are field numbers of the descriptor: messages 4, enums 5, services 6.
        for message in file.messages() {
            demand(message.path(), message.full_name());
            message.fields().for_each(|field| demand(field.path(), field.full_name()));
        }
        for kind in file.enums() {
            demand(kind.path(), kind.full_name());
            kind.values().for_each(|value| demand(value.path(), value.full_name()));
        }
        for service in file.services() {
            demand(service.path(), service.full_name());
            service.methods().for_each(|method| demand(method.path(), method.full_name()));
        }
    }
    assert!(silent.is_empty(), "no comment says what these are: {silent:?}");
}
