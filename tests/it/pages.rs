//! `/why/TOKEN` and gRPC-Web, as a browser meets them.

use std::fs;

use limpid::app;
use limpid::ledger::TokenKind;
use limpid::rpc::pb;
use limpid::web::Framing;
use prost::Message;
use tokio::net::TcpListener;

use super::asking::about_nobody;
use super::explain::tea_for_a_tea_drinker;
use super::service::{NOON, Service, at, open_to_all};
use super::web_client::{Reply, get, send};

/// The path of the page of a decision about somebody who bought tea on nine days.
async fn page_of_a_tea_drinker(service: &Service) -> String {
    format!("/why/{}", tea_for_a_tea_drinker(service).await.explanation_token)
}

fn assert_guarded(page: &Reply) {
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("vary").contains("accept-language"));
    for active in
        ["<script", "javascript:", " onclick", " onload", " style=", "<style", "<iframe", "http-equiv"]
    {
        assert!(!page.body.contains(active), "the page has {active}");
    }
}

#[tokio::test]
async fn the_page_tells_why_and_is_guarded() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let page = get(service.address, &path, &[]).await;
    assert_eq!(page.status, 200);
    assert_guarded(&page);
    for told in ["Green Leaf", "Your purchases in this category"] {
        assert!(page.body.contains(told), "{told}");
    }
    let style = get(service.address, "/assets/why.css", &[]).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(style.header("x-content-type-options"), "nosniff");
    assert!(page.body.contains("href=\"/assets/why.css\"") && !style.body.contains("http"));
}

#[tokio::test]
async fn the_page_speaks_the_browsers_language_or_that_of_the_link() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let falls_back = "not available in your language";
    for (link, accepted, language, says_so) in [
        ("", "en", "en", false),
        ("", "fr-CH, fr;q=0.9, en;q=0.8", "fr", false),
        ("", "de, nl;q=0.5", "en", true),
        ("", "", "en", false),
        ("?lang=fr", "en", "fr", false),
        ("?lang=de", "fr", "en", true),
    ] {
        let headers = if accepted.is_empty() { vec![] } else { vec![("accept-language", accepted)] };
        let page = get(service.address, &format!("{path}{link}"), &headers).await;
        assert_eq!((page.status, page.header("content-language")), (200, language), "{link} {accepted}");
        assert!(page.body.contains(&format!("<html lang=\"{language}\">")), "{link} {accepted}");
        assert_eq!(page.body.contains(falls_back), says_so, "{link} {accepted}");
    }
}

#[tokio::test]
async fn a_bearer_sees_bands_and_no_exact_day() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let exact = get(service.address, &path, &[]).await;
    let decision = service.engine.explain(path.trim_start_matches("/why/")).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    let banded = get(service.address, &format!("/why/{bearer}"), &[]).await;
    assert_eq!(banded.status, 200);
    assert_guarded(&banded);
    assert_ne!(exact.body, banded.body);
    assert!(!banded.body.contains("26 February 2026"));
}

#[tokio::test]
async fn a_token_that_opens_nothing_gets_a_page_that_says_so() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let forged = format!("{}A{}", &path[..60], &path[61..]);
    for bad in [forged.as_str(), "/why/forged", "/why/%00", "/why/%ff", &format!("/why/{}", "x".repeat(5000))]
    {
        for (language, text) in [("en", "This link is not valid"), ("fr", "Ce lien n’est pas valable")] {
            let page = get(service.address, bad, &[("accept-language", language)]).await;
            assert!((400..500).contains(&page.status), "{}: {}", bad, page.status);
            if page.status == 403 {
                assert_guarded(&page);
                assert!(page.body.contains(text), "{}", page.body);
            }
        }
    }
    service.clock.set(at(NOON).plus_days(31));
    let page = get(service.address, &path, &[]).await;
    assert_eq!(page.status, 410);
    assert_guarded(&page);
    assert!(page.body.contains("This link has expired"));
    assert!(!page.body.contains("Green Leaf"), "an expired link tells nothing");
}

#[tokio::test]
async fn how_ads_are_chosen_is_a_page_that_is_guarded_and_leads_back() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let token = path.trim_start_matches("/why/");
    let page = get(service.address, &format!("/how-it-works?lang=fr&from={token}"), &[]).await;
    assert_eq!((page.status, page.header("content-language")), (200, "fr"));
    assert_guarded(&page);
    for told in
        ["Vos achats dans cette catégorie", "Cette personne n’existe pas", "Sur 1\u{202f}000 personnes"]
    {
        assert!(page.body.contains(told), "{told}\n{}", page.body);
    }
    assert!(page.body.contains(&format!("href=\"/why/{token}?lang=fr\"")), "{}", page.body);
    let why = get(service.address, &path, &[]).await;
    assert!(why.body.contains(&format!("href=\"/how-it-works?lang=en&#38;from={token}\"")), "{}", why.body);
    let elsewhere = get(service.address, "/how-it-works?from=//evil.example/", &[]).await;
    assert!(!elsewhere.body.contains("evil"), "only our own pages are led to");
    assert!(!elsewhere.body.contains("PHARMACY"), "a sensitive category is no example");
}

#[tokio::test]
async fn without_a_model_the_page_says_that_no_ads_are_chosen() {
    let service = Service::serving(&[]).await;
    let page = get(service.address, "/how-it-works", &[]).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("No ads are being chosen at the moment") && !page.body.contains("does not exist")
    );
}

#[tokio::test]
async fn only_the_sites_that_are_named_may_frame_the_pages() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    let framing = Framing::by(["https://shop.example", "https://news.example"]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let engine = service.engine.clone();
    let serving = tokio::spawn(async move {
        let never = std::future::pending();
        app::serve(engine, open_to_all(listener, framing), never).await
    });
    for page in
        [format!("{path}?embed=1"), "/how-it-works?embed=1".to_owned(), "/why/forged?embed=1".to_owned()]
    {
        let framed = get(address, &page, &[]).await;
        let policy = framed.header("content-security-policy");
        assert!(
            policy.ends_with("frame-ancestors https://shop.example https://news.example"),
            "{page}: {policy}"
        );
        assert!(framed.body.contains("<body class=\"embedded\">"), "{page}");
        assert!(
            framed.body.contains("embed=1\" hreflang=\"fr\"") || framed.body.contains("&#38;embed=1"),
            "{page}"
        );
        let unnamed = get(service.address, &page, &[]).await;
        assert!(unnamed.header("content-security-policy").ends_with("frame-ancestors 'none'"), "{page}");
    }
    serving.abort();
}

#[tokio::test]
async fn the_widget_is_served_to_every_site_and_tells_nothing() {
    let service = Service::start().await;
    let script = get(service.address, "/widget.js", &[]).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(script.header("x-content-type-options"), "nosniff");
    assert_eq!(script.header("access-control-allow-origin"), "*");
    assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
    assert!(script.body.contains("Pourquoi cette publicité") && !script.body.contains("Green Leaf"));
    // The example is told in two languages, and so is the widget.
    assert!(!script.body.contains("Warum diese Anzeige?"));
    let page = get(service.address, &page_of_a_tea_drinker(&service).await, &[]).await;
    assert_eq!(page.header("access-control-allow-origin"), "", "no site's script may read a page");
}

#[tokio::test]
async fn text_of_an_advertiser_is_text() {
    let service = Service::start().await;
    let ad = pb::Ad { advertiser: "<script>alert(1)</script>".to_owned(), ..pb::Ad::default() };
    let candidates = vec![pb::Candidate { ad_id: "evil".to_owned(), bid: None, ad: Some(ad) }];
    let asked = pb::RecommendRequest { candidates, ..about_nobody("evil") };
    let answer = service.recommend(asked).await.unwrap();
    let page = get(service.address, &format!("/why/{}", answer.ads[0].explanation_token), &[]).await;
    assert_eq!(page.status, 200);
    assert_guarded(&page);
    assert!(page.body.contains("alert(1)"));
}

#[tokio::test]
async fn a_path_that_is_none_is_not_found() {
    let service = Service::start().await;
    for path in ["/", "/why", "/why/", "/nothing", "/assets/other.css", "/why/a/b", "/v1/recommend"] {
        let reply = get(service.address, path, &[]).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    assert_eq!(get(service.address, "/healthz", &[]).await.status, 200);
    let posted = send(service.address, "POST", "/healthz", &[], b"x").await;
    assert_eq!(posted.status, 405);
}

/// A call of gRPC-Web over HTTP/1.1; the message, if any, and the trailers.
async fn grpc_web(
    service: &Service,
    method: &str,
    message: &impl Message,
) -> (Reply, Option<Vec<u8>>, String) {
    let bytes = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    frame.extend(bytes);
    let headers = [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")];
    let reply = send(service.address, "POST", &format!("/limpid.v1.{method}"), &headers, &frame).await;
    let (mut message, mut trailers) = (None, String::new());
    let mut rest = &reply.bytes[..];
    while let [kind, a, b, c, d, after @ ..] = rest {
        let (body, next) = after.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        if kind & 0x80 == 0 {
            message = Some(body.to_vec());
        } else {
            trailers += std::str::from_utf8(body).unwrap();
        }
        rest = next;
    }
    (reply, message, trailers)
}

#[tokio::test]
async fn grpc_web_answers_over_http_1_with_trailers_in_the_body() {
    let service = Service::start().await;
    let asked = about_nobody("web");
    let (reply, message, trailers) = grpc_web(&service, "RecommendationService/Recommend", &asked).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/grpc-web+proto"));
    let answer = pb::RecommendResponse::decode(&message.unwrap()[..]).unwrap();
    assert_eq!(answer.ads.len(), 6);
    assert!(trailers.contains("grpc-status:0"), "{trailers}");

    let empty = pb::RecommendRequest::default();
    let (reply, message, trailers) = grpc_web(&service, "RecommendationService/Recommend", &empty).await;
    assert_eq!((reply.status, message), (200, None));
    let status = format!("grpc-status:{}", tonic::Code::InvalidArgument as i32);
    let told = format!("{trailers}grpc-status:{}", reply.header("grpc-status"));
    assert!(told.contains(&status), "{told}");
}

#[tokio::test]
async fn the_page_is_not_written_to_disk() {
    let service = Service::start().await;
    let path = page_of_a_tea_drinker(&service).await;
    get(service.address, &path, &[]).await;
    let place = service.stop().await;
    let names =
        fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let mut names = names.iter().map(|name| name.to_str().unwrap()).collect::<Vec<_>>();
    // The lock of the keys is there once somebody looked after them.
    names.retain(|name| *name != "keys.lock");
    names.sort_unstable();
    assert_eq!(names, ["keys.json", "limpid.db", "models"]);
}

#[tokio::test]
async fn no_page_sets_a_cookie() {
    let service = Service::start().await;
    let why = page_of_a_tea_drinker(&service).await;
    let below = [
        "",
        "/choices",
        "/choices/c",
        "/feedback",
        "/concerns",
        "/concerns/c",
        "/changes",
        "/what-if?without=x",
    ];
    let pages = below.map(|path| format!("{why}{path}")).into_iter().chain(
        [
            "/how-it-works",
            "/closed",
            "/widget.js",
            "/assets/why.css",
            "/.well-known/gpc.json",
            "/healthz",
            "/nothing",
        ]
        .map(str::to_owned),
    );
    for page in pages {
        for method in ["GET", "POST"] {
            let answer = send(service.address, method, &page, &[("cookie", "a=b")], b"").await;
            assert_eq!(answer.header("set-cookie"), "", "{method} {page}");
        }
    }
}
