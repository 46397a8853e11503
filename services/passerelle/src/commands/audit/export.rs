//! Verifying an export: the chain of one office as a file.

use super::{names, published::Heads, tell};
use anyhow::{Context as _, Result, bail};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::ExitCode,
};
use store::audit::{Link, Walk};

/// Walks along the chain in the file; exit code 1 when it is not as it was written.
///
/// # Errors
/// When the file cannot be read or is no export.
pub(super) fn run(
    file: &Path,
    service: Option<&str>,
    folder: Option<&Path>,
    as_json: bool,
) -> Result<ExitCode> {
    let service = service_of(file, service)?;
    let heads = Heads::read(folder)?;
    let cannot = || format!("cannot read {}", file.display());
    let mut walk: Option<(_, Walk)> = None;
    for (index, line) in BufReader::new(File::open(file).with_context(cannot)?).lines().enumerate() {
        let line = line.with_context(cannot)?;
        let place = format!("{}: line {}", file.display(), index + 1);
        let Some((office_id, link)) = Link::of_line(&line) else { bail!("{place} is no line of an export") };
        let (office, walk) =
            walk.get_or_insert_with(|| (office_id, Walk::new(heads.of(&service, office_id))));
        if *office != office_id {
            bail!("{place} is of another office: an export is the chain of one");
        }
        walk.step(link);
    }
    let Some((office_id, walk)) = walk else {
        bail!("{} holds no entry", file.display());
    };
    let verdict = walk.end();
    tell(&service, office_id, &verdict, as_json)?;
    Ok(if verdict.count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The service that an export is of: as it is named, or as the file is called.
fn service_of(file: &Path, named: Option<&str>) -> Result<String> {
    let names = names();
    let file = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let called = names.iter().copied().find(|name| file.starts_with(&format!("audit-{name}-")));
    match named.or(called) {
        Some(service) if names.contains(&service) => Ok(service.to_owned()),
        Some(service) => bail!("--service: there is no service {service}: there are {}", names.join(", ")),
        None => bail!("--service: say which service the export is of: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_of_an_export_is_in_its_name_or_said() {
        let of = |file: &str, named| service_of(Path::new(file), named).map_err(|error| error.to_string());
        assert_eq!(of("/tmp/audit-donors-0199.ndjson", None), Ok("donors".to_owned()));
        assert_eq!(of("a.ndjson", Some("crisis")), Ok("crisis".to_owned()));
        assert!(of("a.ndjson", None).unwrap_err().contains("identity, donors, crisis"));
        assert!(of("a.ndjson", Some("x")).unwrap_err().contains("there is no service x"));
    }
}
