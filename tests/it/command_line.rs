//! The command line: what it offers, and how it says no.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::binary::{assert_fails, assert_fails_reading, folders, limpid};
use super::example;
use super::place::Place;

#[test]
fn the_help_of_every_command_mentions_its_arguments() {
    for (command, arguments) in [
        ("", "demo serve import train evaluate recommend explain consent object decisions models --version"),
        ("demo", "--port --example --data --embed-origin --deletion-participants"),
        (
            "serve",
            "--example --data --listen --example-clock --drain-seconds --vendor-id --legitimate-interest --consent-days --unknown-age --embed-origin --deletion-participants",
        ),
        ("deletion", "key check"),
        ("deletion key", "--out"),
        ("deletion check", "<FILE>"),
        ("import", "complete-journey"),
        ("import complete-journey", "--from --to"),
        (
            "train",
            "--example --data --kind --response --promote --epsilon --delta --rows-per-person --measure linear tree additive click conversion",
        ),
        ("evaluate", "--example --response --outcome --kind --folds --out --contributions"),
        ("recommend", "[REQUEST] --server tenant"),
        ("explain", "<TOKEN> --locale --json --server"),
        ("consent", "get set withdraw --server"),
        ("consent get", "--subject --tenant --token --server"),
        ("consent set", "--subject --tenant --token --grant --withdraw --server"),
        ("consent withdraw", "--subject --tenant --token --purposes --server"),
        (
            "object",
            "--subject --tenant --token --advertiser --category --datum --purposes --personalisation --take-back --server",
        ),
        ("decisions", "replay verify --server"),
        ("decisions replay", "<DECISION> --tenant --server"),
        ("decisions verify", "--server"),
        ("models", "list show promote roll-back edit undo changes import merge --server"),
        ("models list", "--server"),
        ("models show", "<VERSION> --server"),
        ("models promote", "<VERSION> --server"),
        ("models roll-back", "<RESPONSE> --server"),
        (
            "models edit",
            "<VERSION> --feature --and-feature --bins --and-bins --level --set --flatten --increasing --decreasing --profile --who --why",
        ),
        ("models undo", "<VERSION> --who --why --server"),
        ("models changes", "--server"),
        ("models import", "<FILE> --example --data --response --raw --promote"),
        ("models merge", "<VERSIONS> --example --data --response --promote"),
    ] {
        let words = command.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).collect::<Vec<_>>();
        let help = limpid(&words);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command}");
        for argument in arguments.split(' ') {
            assert!(help.out.contains(argument), "the help of {command} does not mention {argument}");
        }
    }
    let version = limpid(&["--version"]);
    assert_eq!(version.out, concat!("limpid ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn arguments_that_are_none_are_refused_before_anything_is_done() {
    for arguments in [
        &[][..],
        &["sing"],
        &["serve", "--listen", "somewhere"],
        &["serve", "--port", "1"],
        &["train", "--kind", "forest"],
        &["explain"],
        &["models", "promote"],
        &["demo", "--port", "65536"],
    ] {
        let ended = limpid(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("--help") || ended.err.contains("Usage:"), "{ended:?}");
    }
}

#[test]
fn a_reader_who_has_gone_is_no_reason_to_panic() {
    let place = Place::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_limpid"))
        .args(["evaluate", "--example"])
        .arg(place.example())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_port_that_is_in_use_is_told_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, port) = (taken.local_addr().unwrap(), taken.local_addr().unwrap().port());
    let place = Place::bare();
    let says = format!("{address} is in use; choose another port");
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    assert_fails(&[&["serve", "--listen", &address.to_string()], &folders[..]].concat(), &[&says]);
    assert_fails(&[&["demo", "--port", &port.to_string()], &folders[..]].concat(), &[&says]);
    assert!(!place.data().exists(), "nothing was made");

    let elsewhere = ["serve", "--listen", "192.0.2.1:50051"];
    assert_fails(&[&elsewhere, &folders[..]].concat(), &["192.0.2.1:50051: "]);
}

/// Runs `train` and `serve` on a place and asserts that both fail with one line that says this.
fn assert_both_fail(place: &Place, says: &[&str]) {
    let folders = folders(place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    assert_fails(&[&["train"], &folders[..]].concat(), says);
    assert_fails(&[&["serve", "--listen", "127.0.0.1:0"], &folders[..]].concat(), says);
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() {
    let place = Place::bare();
    example::write(&place.example());
    fs::write(place.data(), "a file, not a folder").unwrap();
    assert_both_fail(&place, &["cannot read or write", place.data().to_str().unwrap()]);
    fs::remove_file(place.data()).unwrap();

    fs::create_dir_all(place.data()).unwrap();
    fs::write(place.data().join("limpid.db"), "no store".repeat(1000)).unwrap();
    assert_both_fail(&place, &["keys.json is missing although the folder has a store"]);
    fs::remove_file(place.data().join("limpid.db")).unwrap();

    fs::write(place.data().join("keys.json"), "{").unwrap();
    assert_both_fail(&place, &["keys.json is damaged: file is not as it was written (line 1, column"]);
    fs::remove_file(place.data().join("keys.json")).unwrap();

    let train = |place: &Place| {
        let folders = folders(place);
        limpid(
            &[&["train", "--kind", "linear"], &folders.iter().map(String::as_str).collect::<Vec<_>>()[..]]
                .concat(),
        )
    };
    assert_eq!(train(&place).code, 0);
    fs::write(place.data().join("limpid.db"), "no store".repeat(1000)).unwrap();
    assert_both_fail(&place, &["the store is damaged"]);
}

#[test]
fn an_example_that_is_not_there_is_named() {
    let place = Place::bare();
    let schema = place.example().join("schema.toml");
    let says = format!("{}: cannot be read: No such file", schema.display());
    assert_both_fail(&place, &[&says]);
    assert_fails(&["evaluate", "--example", place.example().to_str().unwrap()], &[&says]);
}

/// A place whose schema has `old` replaced by `new`.
fn with_schema(old: &str, new: &str) -> Place {
    let place = Place::bare();
    example::write(&place.example());
    assert!(example::SCHEMA.contains(old), "{old}");
    fs::write(place.example().join("schema.toml"), example::SCHEMA.replacen(old, new, 1)).unwrap();
    place
}

#[test]
fn a_broken_schema_names_the_line_and_column_or_the_feature() {
    for (old, new, says) in [
        ("currency = \"USD\"", "currency = USD", "schema.toml: line 3, column 12"),
        ("currency = \"USD\"", "colour = \"red\"", "schema.toml: line 3, column 1: unknown field `colour`"),
        ("kind = \"numeric\"", "kind = \"number\"", "line 45, column 8: unknown variant `number`"),
        ("serving = [4]", "serving = []", "feature member_years: is personal: serving must name a purpose"),
        (
            "serving = [4]",
            "serving = [12]",
            "feature member_years: serving must be a TCF purpose from 1 to 11",
        ),
        ("name = \"hour\"", "name = \"page\"", "page"),
        (
            "on = \"category\"",
            "on = \"brand\"",
            "feature bought_days: matches on brand, which is not an attribute",
        ),
        ("events = \"events.csv\"", "events = \"../events.csv\"", "files.events: must be a file in or below"),
        ("train_before = \"2026-02-16\"", "train_before = \"soon\"", "train_before: must be a date"),
    ] {
        assert_both_fail(&with_schema(old, new), &["schema.toml: ", says]);
    }
}

/// A place with a file of the example rewritten.
fn with_file(name: &str, rewrite: impl Fn(&str) -> String) -> Place {
    let place = Place::bare();
    example::write(&place.example());
    let file = place.example().join(name);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, rewrite(&text)).unwrap();
    place
}

fn header(text: &str) -> String {
    format!("{}\n", text.lines().next().unwrap())
}

/// Runs `train` on a place and asserts that it fails with one line that says this, and that nothing is kept.
fn assert_untrainable(place: &Place, says: &[&str]) {
    for kind in ["additive", "linear", "tree"] {
        let folders = folders(place);
        let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
        assert_fails(&[&["train", "--promote", "--kind", kind], &folders[..]].concat(), says);
    }
    assert!(!place.models().join("corner-shop").exists());
}

#[test]
fn data_that_teach_nothing_are_told_from_each_other() {
    let outcome = |outcome: &str, text: &str| {
        let lines = text.lines().skip(1).map(|line| format!("{}{outcome}\n", &line[..line.len() - 1]));
        header(text) + &lines.collect::<String>()
    };
    let never = with_file("impressions.csv", |text| outcome("0", text));
    assert_untrainable(&never, &["every training row has outcome false; both outcomes are needed"]);
    let always = with_file("impressions.csv", |text| outcome("1", text));
    assert_untrainable(&always, &["every training row has outcome true; both outcomes are needed"]);
    let nothing = with_file("impressions.csv", header);
    assert_untrainable(&nothing, &["leaves no row to train"]);
    let nobody = with_file("consents.csv", header);
    assert_untrainable(&nobody, &["nobody in the data accepted purpose 10"]);
    let late = with_schema("train_before = \"2026-02-16\"", "train_before = \"2027-01-01\"");
    assert_untrainable(&late, &["split: leaves no row to test"]);
    let unasked = with_schema("column = \"bought\"", "column = \"sold\"");
    assert_untrainable(&unasked, &["impressions.csv: has no column sold"]);
}

#[test]
fn a_file_that_does_not_fit_is_named_with_line_and_column() {
    for (file, line, says) in [
        ("events.csv", "p-01,2026-01-01T00:00:00Z", "has 2 fields, the header has 5"),
        ("events.csv", "p-01,2026-01-01T00:00:00Z,purchase,TEA,1,2", "has 6 fields, the header has 5"),
        ("events.csv", "p-01,yesterday,purchase,TEA,1", "column at "),
        ("events.csv", ",2026-01-01,purchase,TEA,1", "column subject must not be missing"),
        ("events.csv", "p-01,2026-01-01,theft,TEA,1", "column kind must be browse, purchase,"),
        ("consents.csv", "p-99,\"3,12\"", "column purposes must be TCF purposes"),
        ("consents.csv", "p-00,\"3\"", "column subject is a person who came before"),
        ("ads.csv", "tea,A,A,a.example,TEA,drinks,0.1", "column ad is the id of an ad that came before"),
        ("ads.csv", "new,A,A,a.example,TEA,drinks,much", "column discount"),
        (
            "impressions.csv",
            "p-00,2026-02-01,ghost,c,home,9,0,1,0,0",
            "names an ad that is not in the ads table",
        ),
        ("impressions.csv", "p-00,2026-02-01,tea,c,home,9,0,1,0,perhaps", "column bought"),
    ] {
        let place = with_file(file, |text| format!("{text}{line}\n"));
        let text = fs::read_to_string(place.example().join(file)).unwrap();
        let place_in_file = format!("{file}: line {}", text.lines().count());
        assert_untrainable(&place, &[&place_in_file, says]);
    }
    let empty = with_file("ads.csv", |_| String::new());
    assert_untrainable(&empty, &["ads.csv: is empty"]);
}

#[test]
fn a_truncated_parquet_file_is_named() {
    let bundled = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/complete-journey/consents.parquet");
    let whole = fs::read(bundled).unwrap();
    for length in [3, 11, whole.len() / 2, whole.len() - 1] {
        let place = with_schema("\"consents.csv\"", "\"consents.parquet\"");
        fs::write(place.example().join("consents.parquet"), &whole[..length]).unwrap();
        assert_untrainable(&place, &["consents.parquet: is damaged or truncated"]);
    }
}

#[test]
fn a_request_that_is_no_json_names_line_and_column() {
    for (text, says) in [
        ("{\"tenant\": }", "standard input: expected value at line 1 column 12"),
        ("{\"tenant\": \"demo\",\n  \"colour\": 1}", "'colour' at line 2"),
        ("{\"impression\": {\"id\": 7}}", "line 1 column 23"),
        ("{\"maxAds\": \"many\"}", "line 1 column"),
        ("{\"accountView\": \"EVERYTHING\"}", "line 1 column"),
        ("", "standard input: EOF while parsing a value at line 1 column 0"),
        ("{} {}", "standard input: trailing characters at line 1 column 4"),
    ] {
        assert_fails_reading(text, &["recommend"], &["standard input: ", says]);
    }
    let missing = Place::bare().path().join("request.json");
    let missing = missing.to_str().unwrap();
    assert_fails(&["recommend", missing], &[&format!("{missing}: No such file")]);
}

#[test]
fn a_service_that_is_not_there_is_told_by_its_address() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let says = format!("--server: nothing answers at {free}; start it with `limpid serve`");
    for command in [&["recommend"][..], &["explain", "token"], &["models", "list"]] {
        assert_fails_reading("{}", &[command, &["--server", &free]].concat(), &[&says]);
    }
    assert_fails_reading("{}", &["recommend", "--server", "not a host"], &["--server: must be HOST:PORT"]);
}

#[test]
fn kinds_of_models_are_compared_on_rows_held_out() {
    let place = Place::bare();
    example::write(&place.example());
    let ended = limpid(&["evaluate", "--example", place.example().to_str().unwrap()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    for said in ["Predicting: the offer is bought", "rows held out", "\nlinear ", "\ntree ", "\nadditive "] {
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }
    assert!(!place.data().exists(), "nothing is kept");
}

#[test]
fn raw_tables_that_are_not_there_are_named() {
    let place = Place::bare();
    let (from, to) = (place.path().join("raw"), place.path().join("example"));
    let arguments =
        ["import", "complete-journey", "--from", from.to_str().unwrap(), "--to", to.to_str().unwrap()];
    assert_fails(&arguments, &[from.to_str().unwrap(), "No such file"]);
    assert!(!to.join("schema.toml").exists());
}

#[test]
fn an_example_without_a_clock_cannot_lend_one() {
    let place = with_schema("demo_clock = \"2026-03-01T12:00:00Z\"\n", "");
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    let serve = [&["serve", "--example-clock", "--listen", "127.0.0.1:0"], &folders[..]].concat();
    assert_fails(&serve, &["--example-clock: the schema has no demo_clock"]);
}
