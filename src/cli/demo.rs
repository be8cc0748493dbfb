//! `limpid demo`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::CommandError;
use super::data::DataArguments;
use super::deletion::DeletionOptions;
use super::labels::labels_below;
use super::listening::{bind, defaults};
use super::progress::Bar;
use super::quality::print_quality;
use super::serve::{DRAIN_SECONDS, EmbedArguments, serve};
use super::workspace::{DEMO_TENANT, Folders, Workspace};
use crate::admission::Admission;
use crate::app::{Listeners, Listening, Serving};
use crate::consent::ConsentSettings;
use crate::data::Bundle;
use crate::decide::{Engine, Offer, Request, Stated, Subject};
use crate::domain::{
    AdId, Bid, Clock, ImpressionId, Locale, Pricing, Profile, Purposes, Response, Standing, SubjectKey,
    SystemClock, TenantId, Timestamp, shown,
};
use crate::explain::Precision;
use crate::ledger::TokenKind;
use crate::model::ModelKind;
use crate::train::{Entrants, compare, keep, prepare};

/// Learns from the bundled purchases, compares models, serves, and shows three decisions.
///
/// The data are real (The Complete Journey, 84.51°, CC0); bids, payers and consents are made up. The clock
/// starts in October 2017, at a campaign that no model was trained on, and ticks on.
#[derive(clap::Args)]
pub(super) struct DemoArguments {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 50051)]
    port: u16,
    /// Folder of the example.
    #[arg(long, value_name = "DIR", default_value = "models/complete-journey")]
    example: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    embedding: EmbedArguments,
    #[command(flatten)]
    deletion: DeletionOptions,
}

pub(super) async fn run(arguments: DemoArguments) -> Result<(), CommandError> {
    let framing = arguments.embedding.framing()?;
    let participants = arguments.deletion.participants()?;
    let listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port))).await?;
    let address = listener.local_addr().map_err(CommandError::new)?;
    let folders = Folders { example: arguments.example, data: arguments.data };
    let workspace = Workspace::open(&folders.data).await?;

    let loading = Bar::spinner("loading purchases, ads and impressions");
    let bundle = workspace.load(&folders.example).await?;
    drop(loading);
    tell!(
        "The Complete Journey: real grocery purchases of one year (84.51°, CC0); bids, payers and consents are samples."
    );
    tell!(
        "{} events of {} people, {} ads, {} impressions.\n",
        bundle.history.events(),
        bundle.history.people(),
        bundle.catalogue.len(),
        bundle.impressions.rows()
    );
    let shown = people_to_show(&bundle)?;
    train(&workspace, &bundle).await?;

    let engine =
        Arc::new(workspace.engine(bundle, ConsentSettings::default(), Default::default(), true).await?);
    tell!("\nThe clock starts on {} and ticks on. Three decisions:", engine.now().day());
    let mut token = None;
    for (number, person) in shown.iter().enumerate() {
        token = Some(show_decision(&engine, number + 1, person, address).await?);
    }
    tell!("\nHow ads are chosen, for everyone: http://{address}/how-it-works");
    if let Some(token) = token {
        tell!("On a page of yours (allow its site with --embed-origin https://shop.example):");
        tell!("   <script src=\"http://{address}/widget.js\" defer></script>");
        tell!("   <limpid-why src=\"http://{address}\" lang=\"en\" token=\"{token}\">");
        tell!("     <a href=\"http://{address}/why/{token}\">Why this ad?</a>");
        tell!("   </limpid-why>");
    }
    tell!("");
    let serving = Serving {
        framing,
        admission: Arc::new(Admission::open(defaults()?)),
        listeners: Listeners::Joined(Listening::plain(listener)),
        participants,
        labels: labels_below(None, &folders.data.folder),
        drain_max: Duration::from_secs(DRAIN_SECONDS),
    };
    Box::pin(serve(&workspace, engine, serving)).await
}

/// Compares all kinds of models, keeps the additive one and makes it serve.
async fn train(workspace: &Workspace, bundle: &Bundle) -> Result<(), CommandError> {
    let prepared = prepare(bundle, Response::Conversion).map_err(CommandError::new)?;
    let quality = compare(&prepared, &Entrants::all(), Bar::new).map_err(CommandError::new)?;
    print_quality(&quality, &prepared);
    let additive = quality.fitted.into_iter().find(|(kind, _)| *kind == ModelKind::Additive);
    let (_, profiled) = additive.ok_or_else(|| CommandError::new("no additive model was fitted"))?;
    let (version, _) =
        keep(profiled, &prepared, &bundle.schema, &workspace.models).map_err(CommandError::new)?;
    workspace.promote(bundle.schema.clone(), &version).await?;
    tell!("\nThe additive model serves: version {}.", version.short());
    Ok(())
}

/// A person with the ads that compete for the next impression.
struct Shown {
    what: &'static str,
    subject: SubjectKey,
    accepted: Purposes,
    candidates: Vec<(AdId, Bid)>,
}

/// The first person, in the order of the data, who accepted all, some and none: members of the newest
/// campaign at the demo's clock, with its ads.
fn people_to_show(bundle: &Bundle) -> Result<Vec<Shown>, CommandError> {
    let rows = &bundle.impressions;
    let clock = bundle.schema.demo_clock.unwrap_or_else(|| SystemClock.now());
    let newest = rows.at().iter().copied().filter(|at| *at <= clock).max().unwrap_or_default();
    let of_campaign = |at: Timestamp| at == newest;
    let mut shown = Vec::new();
    for (what, wanted) in
        [("all purposes", Consent::All), ("some purposes", Consent::Some), ("no purpose", Consent::None)]
    {
        let first = (0..rows.rows()).filter(|&row| of_campaign(rows.at()[row])).find_map(|row| {
            let subject = rows.subject(row)?;
            let accepted = bundle.consents.of(subject);
            (Consent::of(accepted) == Some(wanted)).then_some((row, *subject, accepted))
        });
        let Some((first, subject, accepted)) = first else {
            return Err(CommandError::new(format!("the example has nobody who accepted {what} at {clock}")));
        };
        let same = |row: &usize| rows.groups()[*row] == rows.groups()[first];
        let ads = (0..rows.rows()).filter(same).filter_map(|row| rows.ad(row));
        let candidates = ads
            .map(|ad| (ad.label.id.clone(), bundle.catalogue.sample_bid(&ad.label.id)))
            .collect::<Vec<_>>();
        shown.push(Shown { what, subject, accepted, candidates: priced(candidates)? });
    }
    Ok(shown)
}

/// How much somebody accepted. Of those who accepted some, the demo shows one who accepted profiles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    All,
    Some,
    None,
}

impl Consent {
    fn of(accepted: Purposes) -> Option<Self> {
        use crate::domain::Purpose::{CreateAdProfile, SelectPersonalisedAds};
        let profiles = accepted.contains(CreateAdProfile) && accepted.contains(SelectPersonalisedAds);
        match accepted {
            Purposes::ALL => Some(Self::All),
            Purposes::NONE => Some(Self::None),
            _ if profiles => Some(Self::Some),
            _ => None,
        }
    }
}

/// Bids for a conversion at the example's sample prices.
fn priced(candidates: Vec<(AdId, Option<i64>)>) -> Result<Vec<(AdId, Bid)>, CommandError> {
    let currency = crate::domain::Currency::parse("USD").map_err(CommandError::new)?;
    let bid = |micros: Option<i64>| match micros {
        Some(micros) => Bid { pricing: Pricing::Cpa, micros, currency },
        None => Bid { pricing: Pricing::None, micros: 0, currency },
    };
    Ok(candidates.into_iter().map(|(ad, micros)| (ad, bid(micros))).collect())
}

/// Makes one decision and prints it; gives the token that opens its reasons.
async fn show_decision(
    engine: &Engine,
    number: usize,
    person: &Shown,
    address: SocketAddr,
) -> Result<String, CommandError> {
    let id = engine.now().micros();
    let request = Request {
        tenant: TenantId::parse(DEMO_TENANT).map_err(CommandError::new)?,
        impression: ImpressionId::parse(&format!("demo-{number}-{id}")).map_err(CommandError::new)?,
        context: Stated::new(),
        subject: Some(Subject {
            key: person.subject,
            earlier: None,
            accepted: person.accepted,
            features: Stated::new(),
        }),
        candidates: person
            .candidates
            .iter()
            .map(|(ad, bid)| Offer { ad: ad.clone(), bid: *bid, inline: None })
            .collect(),
        floor: None,
        ads_max: 1,
        signals: None,
    };
    let decision = engine.recommend(&request, None).await.map_err(CommandError::new)?.decision;
    let Some(best) = decision.ranked.first() else {
        return Err(CommandError::new("no ad was eligible in the demo"));
    };
    tell!("\n{number}. A person who accepted {}", person.what);
    let category = engine.phrases().category(&best.ad.category, Locale::En);
    let profile = match best.profile {
        Profile::Contextual => "context alone",
        Profile::Full => "all that was permitted",
    };
    tell!(
        "   best of {} ads: {} for {category}, by {}",
        decision.ranked.len(),
        best.ad.id,
        shown(&best.ad.advertiser)
    );
    tell!(
        "   decided by {profile}; probability {:.1} %, ranking value {:+.4} from {} lines",
        best.probability * 100.0,
        best.ranking_value().to_f64(),
        best.account.lines().len()
    );
    if let Some(explanation) = engine.explain_ad(&decision, 0) {
        for &locale in engine.phrases().languages() {
            tell!("   {locale}: {}", engine.headline(&decision, &explanation, locale, Precision::Exact));
        }
        for reason in &explanation.reasons {
            let sign = if reason.standing == Standing::For { '+' } else { '-' };
            let text = engine.sentence(&decision, reason, Locale::En, Precision::Exact);
            tell!("   {sign} {:>3.0} %  {text}", reason.share * 100.0);
        }
        tell!("   named: {:.0} % of what set this ad apart", explanation.named_share * 100.0);
    }
    let token = engine.token(&decision, 0, TokenKind::Verified);
    tell!("   why: http://{address}/why/{token}");
    Ok(token)
}
