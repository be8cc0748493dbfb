//! How tests take part in deletion requests: a shop, agencies, us; their keys, and tokens that they sign.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use limpid::deletion::SigningKey;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use super::place::{Place, TENANT};
use super::service::{NOON, Service, at};
use super::web_client::{Reply, get, send};

pub(crate) const US: &str = "limpid.example";
pub(crate) const SHOP: &str = "shop.example";
pub(crate) const OTHER_SHOP: &str = "other-shop.example";
/// May pass on what the shop asks.
pub(crate) const AGENCY: &str = "agency.example";

/// Everyone has a key, and so has a stranger.
pub(crate) struct Parties {
    pub(crate) us: SigningKey,
    pub(crate) shop: SigningKey,
    pub(crate) other_shop: SigningKey,
    pub(crate) agency: SigningKey,
    pub(crate) stranger: SigningKey,
}

fn text_of_ours() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| SigningKey::fresh().unwrap().to_string())
}

pub(crate) fn parties() -> &'static Parties {
    static PARTIES: OnceLock<Parties> = OnceLock::new();
    let fresh = || SigningKey::of(&SigningKey::fresh().unwrap()).unwrap();
    PARTIES.get_or_init(|| Parties {
        us: SigningKey::of(text_of_ours()).unwrap(),
        shop: fresh(),
        other_shop: fresh(),
        agency: fresh(),
        stranger: fresh(),
    })
}

/// Where the list of a place is, if it has one.
pub(crate) fn list_of(place: &Path) -> PathBuf {
    place.join("participants").join("list.json")
}

/// The list.
pub(crate) fn list() -> Value {
    let keys = |key: &SigningKey| json!({"keys": [key.public().to_json()]});
    json!({
        "domain": US,
        "endpoint": "https://ads.limpid.example/deletion-requests",
        "keys": ["ours.pem"],
        "identifiers": [{"type": "customer_id", "format": "plain"}, {"type": "email", "format": "sha256"}],
        "participants": [
            {"domain": SHOP, "tenant": TENANT, "jwks": keys(&parties().shop)},
            {"domain": OTHER_SHOP, "tenant": "other", "jwks": keys(&parties().other_shop)},
            {"domain": AGENCY, "forwards_for": [SHOP], "jwks": keys(&parties().agency)},
        ],
    })
}

/// Gives a place this list, and our key.
pub(crate) fn write_list(place: &Path, list: &Value) -> PathBuf {
    let path = list_of(place);
    let folder = path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("ours.pem"), text_of_ours()).unwrap();
    fs::set_permissions(folder.join("ours.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, list.to_string()).unwrap();
    path
}

/// A service that takes the requests of the list.
pub(crate) async fn start_on(place: Place) -> Service {
    write_list(place.path(), &list());
    let service = Service::open(place).await;
    service.engine.promote(&super::place::models().additive).await.unwrap();
    service
}

/// A request of a version, before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) version: &'static str,
    /// What the first party's token says, and by which key.
    pub(crate) original: Value,
    /// The same of the request.
    pub(crate) request: Value,
}

/// The shop's own request for a person, at noon.
pub(crate) fn draft(version: &'static str, person: &str, id: &str) -> Draft {
    let now = at(NOON).micros() / 1_000_000;
    let who =
        json!({"identifierValue": person, "identifierType": "customer_id", "identifierFormat": "plain"});
    let mut original = json!({"version": version, "jti": id, "iss": SHOP, "iat": now - 60});
    let mut request = json!({"version": version, "jti": format!("{id}-sent"), "iss": SHOP, "iat": now - 5});
    if version == "2.0" {
        for (name, value) in who.as_object().unwrap() {
            request[name] = value.clone();
        }
    } else {
        original["sub"] = who.clone();
        request["sub"] = who;
    }
    Draft { version, original, request }
}

impl Draft {
    /// Passed on by the agency.
    pub(crate) fn by_agency(mut self) -> Self {
        self.request["iss"] = AGENCY.into();
        self.request["jti"] = "passed-on".into();
        self
    }

    pub(crate) fn name_of_original(&self) -> &'static str {
        if self.version == "2.0" { "orJWT" } else { "idJWT" }
    }

    /// The request token, signed by these keys.
    pub(crate) fn signed_by(&self, first_party: &SigningKey, requester: &SigningKey) -> String {
        self.around(&first_party.sign(&self.original).unwrap(), requester)
    }

    /// The request token around this one.
    pub(crate) fn around(&self, original: &str, requester: &SigningKey) -> String {
        let mut request = self.request.clone();
        request[self.name_of_original()] = original.into();
        requester.sign(&request).unwrap()
    }

    /// The request token as it should be.
    pub(crate) fn token(&self) -> String {
        let by_agency = self.request["iss"] == AGENCY;
        self.signed_by(&parties().shop, if by_agency { &parties().agency } else { &parties().shop })
    }
}

pub(crate) async fn post(service: &Service, token: &str) -> Reply {
    post_as(service, "application/jwt", token.as_bytes()).await
}

pub(crate) async fn post_as(service: &Service, kind: &str, body: &[u8]) -> Reply {
    send(service.address, "POST", "/deletion-requests", &[("content-type", kind)], body).await
}

/// What an acknowledgement says, which is signed by a key that is published.
pub(crate) async fn acknowledged(service: &Service, reply: &Reply) -> Value {
    let answer: Value = serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{}", reply.body));
    let token = answer["acJWT"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let parts: Vec<&str> = token.split('.').collect();
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&bytes(parts[0])).unwrap();
    let published = get(service.address, "/.well-known/iabtl/jwks.json", &[]).await;
    let published: Value = serde_json::from_str(&published.body).unwrap();
    let key = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
    let coordinate = |name: &str| bytes(key.unwrap()[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let signed = format!("{}.{}", parts[0], parts[1]);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &bytes(parts[2])).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&"ES256".into(), &"JWT".into()));
    serde_json::from_slice(&bytes(parts[1])).unwrap()
}
