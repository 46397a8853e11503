//! `passerelle import fts`

use crate::{
    api::{Api, checked},
    output::say,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use futures_util::TryStreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{Body, Method, multipart};
use serde::Serialize;
use serde_json::Value;
use std::{
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Maximum number of errors printed; the import stores all of them.
const MAX_SHOWN_ERRORS: usize = 100;
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What to import, and where to.
#[derive(Args)]
pub struct Arguments {
    /// Pages of flows; together they form one import.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A plan overview.
    #[arg(long)]
    plans: Option<PathBuf>,
    /// The code of the office that owns the imported records.
    #[arg(long)]
    office: String,
    /// The platform's address.
    #[arg(long, env = "PASSERELLE_URL", default_value = "http://localhost:8080")]
    url: String,
    /// The API client's id.
    #[arg(long, env = "PASSERELLE_CLIENT_ID")]
    client_id: String,
    /// The API client's secret.
    #[arg(long, env = "PASSERELLE_CLIENT_SECRET", hide_env_values = true, allow_hyphen_values = true)]
    client_secret: String,
    /// Dry run: validate and compare only, save nothing.
    #[arg(long)]
    dry_run: bool,
    /// Import the valid rows even if others are invalid.
    #[arg(long)]
    skip_bad: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Counts of an import.
#[derive(Debug, Default, Serialize)]
struct Summary {
    read: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    errors: Vec<RowError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plans: Option<Box<Summary>>,
}

/// An error in a row.
#[derive(Debug, Serialize)]
struct RowError {
    file: String,
    /// JSON pointer in the file.
    pointer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    detail: String,
}

/// Imports; exit code 1 if rows were rejected and not skipped (then nothing is saved).
///
/// # Errors
/// When a file cannot be read, or the platform cannot be reached or refuses.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    for file in arguments.files.iter().chain(&arguments.plans) {
        if !file.is_file() {
            bail!("{}: there is no such file", file.display());
        }
    }
    let api = Api::new(&arguments.url, &arguments.client_id, &arguments.client_secret);
    let office = api.office(&arguments.office).await?;
    let bar = progress_bar(&arguments);
    let summary = import(&arguments, &api, &office, &bar).await;
    bar.finish_and_clear();
    let summary = summary?;
    if arguments.json {
        say(serde_json::to_string(&summary)?)?;
    } else {
        print_summary(&summary, arguments.dry_run)?;
    }
    let plans_rejected = summary.plans.as_ref().map_or(0, |plans| plans.rejected);
    let failed = summary.rejected + plans_rejected > 0 && !arguments.skip_bad;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn progress_bar(arguments: &Arguments) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if arguments.json || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{msg:<10} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Plans are validated first and saved last, so that invalid ones stop everything before anything is saved.
async fn import(arguments: &Arguments, api: &Api, office: &str, bar: &ProgressBar) -> Result<Summary> {
    let mut plans = match &arguments.plans {
        Some(file) => Some(import_plans(arguments, api, office, file, true).await?),
        None => None,
    };
    let plans_refused = plans.as_ref().is_some_and(|plans| plans.rejected > 0) && !arguments.skip_bad;
    let dry_run = arguments.dry_run || plans_refused;
    let mut summary = import_flows(arguments, api, office, bar, dry_run).await?;
    let flows_refused = summary.rejected > 0 && !arguments.skip_bad;
    if let Some(file) = arguments.plans.as_ref().filter(|_| !dry_run && !flows_refused) {
        plans = Some(import_plans(arguments, api, office, file, false).await?);
    }
    if !arguments.dry_run && (plans_refused || flows_refused) {
        // Nothing is kept: what a dry run found possible did not happen.
        for counts in [Some(&mut summary), plans.as_mut()].into_iter().flatten() {
            (counts.created, counts.updated, counts.unchanged) = (0, 0, 0);
        }
    }
    summary.plans = plans.map(Box::new);
    Ok(summary)
}

async fn import_plans(
    arguments: &Arguments,
    api: &Api,
    office: &str,
    file: &Path,
    dry_run: bool,
) -> Result<Summary> {
    let text = tokio::fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))?;
    let name = file_name(file);
    let request = api.request(Method::POST, "/v1/plan-imports").await?.query(&[
        ("office_id", office.to_owned()),
        ("dry_run", dry_run.to_string()),
        ("skip_bad", arguments.skip_bad.to_string()),
        ("file", name.clone()),
    ]);
    let request = request.header("content-type", "application/json").body(text);
    let outcome = checked(request.send().await?).await.with_context(|| file.display().to_string())?;
    let mut summary = counts(&outcome);
    for error in outcome["errors"].as_array().into_iter().flatten().take(MAX_SHOWN_ERRORS) {
        let (pointer, detail) = (text_of(&error["pointer"]), text_of(&error["detail"]));
        summary.errors.push(RowError { file: name.clone(), pointer, external_ref: None, detail });
    }
    Ok(summary)
}

async fn import_flows(
    arguments: &Arguments,
    api: &Api,
    office: &str,
    bar: &ProgressBar,
    dry_run: bool,
) -> Result<Summary> {
    let mut form = multipart::Form::new();
    let mut size = 0;
    for file in &arguments.files {
        let opened =
            tokio::fs::File::open(file).await.with_context(|| format!("cannot read {}", file.display()))?;
        size += opened.metadata().await?.len();
        let counter = bar.clone();
        let chunks =
            read_chunks(opened.into_std().await).inspect_ok(move |chunk| counter.inc(chunk.len() as u64));
        let part = multipart::Part::stream(Body::wrap_stream(chunks)).file_name(file_name(file));
        form = form.part("file", part);
    }
    bar.set_length(size);
    bar.set_message("sending");
    let request = api.request(Method::POST, "/v1/imports").await?.query(&[
        ("format", "fts".to_owned()),
        ("office_id", office.to_owned()),
        ("dry_run", dry_run.to_string()),
        ("skip_bad", arguments.skip_bad.to_string()),
    ]);
    let mut job = checked(request.multipart(form).send().await?).await?;
    let path = format!("/v1/imports/{}", text_of(&job["id"]));
    bar.set_message("importing");
    bar.set_length(job["read"].as_u64().unwrap_or(0));
    while ["queued", "applying"].contains(&job["state"].as_str().unwrap_or_default()) {
        tokio::time::sleep(POLL_INTERVAL).await;
        job = api.get(&path).await?;
        bar.set_position(job["done"].as_u64().unwrap_or(0));
    }
    if job["state"] == "failed" {
        bail!("the import failed: {}", text_of(&job["message"]));
    }
    let mut summary = counts(&job);
    if summary.rejected > 0 {
        let rows = api.get(&format!("{path}/rows?verdict=rejected&limit=100")).await?;
        for row in rows["items"].as_array().into_iter().flatten() {
            summary.errors.extend(row_errors(row));
        }
    }
    Ok(summary)
}

fn read_chunks(file: std::fs::File) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let read = move || {
            let mut chunk = vec![0; 256 * 1024];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            Ok::<_, std::io::Error>((chunk, file))
        };
        let (chunk, file) = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other)??;
        Ok(if chunk.is_empty() { None } else { Some((chunk, file)) })
    })
}

fn row_errors(row: &Value) -> Vec<RowError> {
    let errors = row["errors"].as_array().into_iter().flatten();
    let error = |error: &Value| RowError {
        file: text_of(&row["file"]),
        pointer: format!("{}{}", text_of(&row["pointer"]), text_of(&error["pointer"])),
        external_ref: row["external_ref"].as_str().map(str::to_owned),
        detail: text_of(&error["detail"]),
    };
    errors.map(error).collect()
}

fn counts(job: &Value) -> Summary {
    let count = |name: &str| job[name].as_u64().unwrap_or(0);
    Summary {
        read: count("read"),
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        errors: Vec::new(),
        plans: None,
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn file_name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn print_summary(summary: &Summary, dry_run: bool) -> std::io::Result<()> {
    let would = if dry_run { "would be " } else { "" };
    let line = |what: &str, counts: &Summary| {
        say(format_args!(
            "{what}: {} read, {} {would}created, {} {would}updated, {} {would}unchanged, {} {would}rejected",
            counts.read, counts.created, counts.updated, counts.unchanged, counts.rejected
        ))?;
        counts
            .errors
            .iter()
            .try_for_each(|error| say(format_args!("  {}{}: {}", error.file, error.pointer, error.detail)))
    };
    line("Flows", summary)?;
    summary.plans.as_ref().map_or(Ok(()), |plans| line("Plans", plans))
}
