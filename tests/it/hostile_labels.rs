//! Names of ads, categories and features that others wrote to do harm: markup, characters that turn or hide
//! what stands beside them, commands for terminals and spreadsheets, lines that look like ours. Wherever they
//! are met they are text.

use std::fs;
use std::net::TcpListener;

use limpid::domain::is_unseen;
use limpid::rpc::pb::{self, evidence::Fact};
use roxmltree::Document;
use serde_json::{Value, json};

use super::asking::{ALL_PURPOSES, about, candidate, category, number, purchase};
use super::binary::{Serving, limpid, limpid_reading, train};
use super::example;
use super::place::{Place, models};
use super::service::{Service, channel};
use super::web_client::get;

/// Names with a mark to know them by, and what a person may read of them.
const HOSTILE: [(&str, &str); 8] = [
    ("<script>alert(1)</script>\"'><img src=x onerror=alert(1)>", "&#60;script&#62;alert(1)"),
    ("</title></svg>&lt;b&gt;&#x3c;i>", "&#60;/title&#62;&#60;/svg&#62;&#38;lt;b&#38;gt;&#38;#x3c;i&#62;"),
    ("invoice\u{202e}fdp.exe\u{2066}\u{200b}!", "invoicefdp.exe!"),
    ("=cmd|'/c calc'!A1", "=cmd|&#39;/c calc&#39;!A1"),
    ("\u{1b}[2J\u{1b}]0;owned\u{7}red\u{9b}31m", " [2J ]0;owned red 31m"),
    ("tea\r\n  + 99 %  You asked for this.\u{2028}", "tea    + 99 %  You asked for this. "),
    ("{ $times } { -brand } { page-title }", "{ $times } { -brand } { page-title }"),
    ("javascript:alert(1)//https://evil.example/a.png", "javascript:alert(1)//https://evil.example/a.png"),
];

/// An ad whose every text is `name`.
fn ad_called(name: &str) -> pb::Ad {
    let values = pb::AttributeValues { values: vec![name.to_owned()] };
    pb::Ad {
        advertiser: name.to_owned(),
        payer: name.to_owned(),
        domain: name.to_owned(),
        attributes: [("category".to_owned(), values)].into(),
        features: [("shelf".to_owned(), category(name)), ("discount".to_owned(), number(0.9))].into(),
    }
}

/// A request about somebody who has bought what is called `name` on nine days, with an ad for it.
async fn answered(service: &Service, name: &str, number: usize) -> pb::RankedAd {
    let person = format!("buyer-{number}");
    let bought = (1..=9).map(|day| purchase(&format!("{person}-{day}"), &person, name, 3 * day));
    service.record(bought).await.unwrap();
    let hostile = pb::Candidate { ad_id: "hostile".to_owned(), bid: None, ad: Some(ad_called(name)) };
    let asked = pb::RecommendRequest {
        candidates: vec![hostile, candidate("soup")],
        reason_view: pb::ReasonView::Full.into(),
        ..about(&person, &ALL_PURPOSES, &format!("i-{number}"))
    };
    let answer = service.recommend(asked).await.unwrap();
    answer.ads.into_iter().find(|ad| ad.ad_id == "hostile").unwrap()
}

/// What may be in a text that people read: a break of a line where `lines` are, and what sets a name apart.
fn assert_seen(text: &str, lines: bool) {
    let unseen = |c: &char| is_unseen(*c) && !(lines && *c == '\n') && !matches!(c, '\u{2068}' | '\u{2069}');
    assert_eq!(text.chars().find(unseen), None, "{text:?}");
}

#[tokio::test]
async fn a_hostile_name_is_text_in_answers_and_on_the_page() {
    let service = Service::start().await;
    for (number, (name, shown)) in HOSTILE.into_iter().enumerate() {
        let ad = answered(&service, name, number).await;
        let token = &ad.explanation_token;
        for locale in ["en", "fr"] {
            let told = service.explain(token, locale).await.unwrap();
            assert_seen(&told.headline, false);
            for reason in &told.reasons {
                assert_seen(&reason.text, false);
                // Programs are told what was matched, to the letter.
                for evidence in &reason.evidence {
                    if let Some(Fact::History(history)) = &evidence.fact {
                        assert_eq!(history.key, name);
                    }
                }
            }
            let notice = service.notice(token, locale).await.unwrap();
            assert_seen(&notice.on_behalf_of, false);
            assert_seen(&notice.dsa.unwrap().transparency[0].domain, false);

            let page = get(service.address, &format!("/why/{token}?lang={locale}"), &[]).await;
            assert_eq!(page.status, 200);
            assert_seen(&page.body, true);
            // The advertiser, the payer, the category, and what was bought.
            assert!(page.body.matches(shown).count() >= 4, "{shown}\n{}", page.body);
            for tag in page.body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
                let name = tag.trim_start_matches('/').split(' ').next().unwrap();
                assert!(!["script", "img", "b", "i", "style"].contains(&name), "{tag}\n{}", page.body);
                assert!(!tag.contains(" src=") && !tag.contains(" on") && !tag.contains(" style="), "{tag}");
            }
            for address in page.body.split("href=\"").skip(1) {
                let ours = ["/assets/", "?lang=", "/how-it-works?lang=", "/why/"];
                assert!(ours.iter().any(|place| address.starts_with(place)), "{address}");
            }
        }
    }
}

#[tokio::test]
async fn a_long_name_is_cut_where_people_read_it() {
    let place = Place::new();
    let ads = place.example().join("ads.csv");
    let text = fs::read_to_string(&ads).unwrap();
    let (wide, empty) = ("W".repeat(100_000), "\u{202e}".repeat(100_000));
    fs::write(&ads, text.replace("tea,Green Leaf,Green Leaf", &format!("tea,{wide},{empty}"))).unwrap();
    let service = Service::open(place).await;
    service.engine.promote(&models().additive).await.unwrap();
    let asked =
        pb::RecommendRequest { candidates: vec![candidate("tea")], ..about("p-05", &ALL_PURPOSES, "long") };
    let answer = service.recommend(asked).await.unwrap();
    let page = get(service.address, &format!("/why/{}", answer.ads[0].explanation_token), &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.len() < 20_000, "{}", page.body.len());
    assert!(page.body.contains(&format!("<bdi>{}…</bdi>", "W".repeat(199))), "{}", page.body);
}

/// An address in an ad is a name like any other: nobody looks there.
#[tokio::test]
async fn the_address_of_an_ad_is_never_fetched_nor_linked() {
    let service = Service::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/pixel.png", listener.local_addr().unwrap());
    let ad = answered(&service, &address, 0).await;
    service.explain(&ad.explanation_token, "en").await.unwrap();
    service.notice(&ad.explanation_token, "en").await.unwrap();
    let page = get(service.address, &format!("/why/{}", ad.explanation_token), &[]).await;
    assert!(page.body.contains(&address));
    assert!(!page.body.contains(&format!("\"{address}")) && !page.body.contains(&format!("={address}")));
    let met = listener.accept().map(|(_, from)| from);
    assert_eq!(met.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_hostile_name_is_text_on_a_terminal_and_in_json() {
    let place = Place::bare();
    example::write(&place.example());
    train(&place, &["--promote"]);
    let serving = Serving::start(&place, &[]);
    let server = serving.address.to_string();
    let mut events = pb::event_service_client::EventServiceClient::new(channel(serving.address));
    for (number, (name, _)) in HOSTILE.into_iter().enumerate() {
        let person = format!("buyer-{number}");
        let bought = (1..=9).map(|day| purchase(&format!("{person}-{day}"), &person, name, 3 * day));
        events.record_events(tokio_stream::iter(bought.collect::<Vec<_>>())).await.unwrap();
        let ad = json!({
            "advertiser": name, "payer": name, "domain": name,
            "attributes": {"category": {"values": [name]}},
            "features": {"shelf": {"category": name}, "discount": {"number": 0.9}},
        });
        let asked = json!({
            "tenant": "demo",
            "impression": {"id": format!("i-{number}"), "context": {"page": {"category": name}}},
            "subject": {"id": person, "acceptedPurposes": ALL_PURPOSES},
            "candidates": [{"adId": "hostile", "ad": ad}, {"adId": "soup"}],
            "reasonView": "REASON_VIEW_FULL",
        });
        let answer = limpid_reading(&asked.to_string(), &["recommend", "--server", &server]);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{answer:?}");
        assert_seen(&answer.out, true);
        let answer: Value = serde_json::from_str(&answer.out).unwrap();
        let ads = answer["ads"].as_array().unwrap();
        let ad = ads.iter().find(|ad| ad["adId"] == "hostile").unwrap();
        let token = ad["explanationToken"].as_str().unwrap();

        let told = limpid(&["explain", token, "--server", &server]);
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
        assert_seen(&told.out, true);
        assert!(!told.out.lines().any(|line| line.starts_with("  + 99 %")), "{}", told.out);
        let told = limpid(&["explain", token, "--json", "--server", &server]);
        assert_seen(&told.out, true);
        let told: Value = serde_json::from_str(&told.out).unwrap();
        let is_told = |fact: &Value| fact["history"]["key"] == name;
        let reasons = told["reasons"].as_array().unwrap().iter();
        let mut facts = reasons.flat_map(|reason| reason["evidence"].as_array().unwrap());
        assert!(facts.any(is_told), "{name:?} is not among the facts of {told}");
    }
    // What is refused is said in one line, too.
    let refused = limpid_reading(r#"{"tenant": "a\u001b[2J\nb"}"#, &["recommend", "--server", &server]);
    assert_eq!(refused.code, 1);
    assert_seen(refused.err.strip_suffix('\n').unwrap(), false);
    assert_seen(&serving.logged(), true);
}

#[test]
fn a_hostile_name_is_text_in_reports_and_tables() {
    let place = Place::bare();
    example::write(&place.example());
    let change = |file: &str, from: &str, to: &str| {
        let path = place.example().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    };
    // A feature called like a formula that leads out of the folder; values with markup and commands.
    let formula = r#"name = "=../../<b>\u202E|hour""#;
    change("schema.toml", "name = \"hour\"", &format!("{formula}\ncolumn = \"hour\""));
    change("ads.csv", ",drinks,", ",\"<script>|`x`\u{202e}\u{1b}[2J</svg>\",");
    change("ads.csv", ",bakery,", ",\"=cmd|'/c calc'!A1\",");
    let (example, out, table) =
        (place.example(), place.path().join("report"), place.path().join("contributions.csv"));
    let ended = limpid(&[
        "evaluate",
        "--example",
        example.to_str().unwrap(),
        "--kind",
        "additive",
        "--out",
        out.to_str().unwrap(),
        "--contributions",
        table.to_str().unwrap(),
    ]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert_seen(&ended.out, true);

    let mut pictures = 0;
    for entry in fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
        if path.extension().unwrap() == "svg" {
            pictures += 1;
            assert_seen(&text, true);
            let document = Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(document.descendants().all(|node| !node.has_tag_name("script")), "{name}");
        } else if path.extension().unwrap() == "md" {
            assert_seen(&text, true);
            assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        }
    }
    assert!(pictures > 5, "{pictures}");

    let mut reader = csv::Reader::from_path(&table).unwrap();
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert!(header.iter().any(|cell| cell.starts_with("'=../")), "{header:?}");
    assert!(header.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t'])), "{header:?}");
}
