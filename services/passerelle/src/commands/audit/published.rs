//! The heads that were published, as they stand in files.

use crate::output::note;
use anyhow::{Context as _, Result};
use events::AuditHeadPublished;
use kernel::OfficeId;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};
use store::audit::Published;

/// What was published, by service and office.
#[derive(Debug, Default)]
pub(super) struct Heads(BTreeMap<(String, OfficeId), Published>);

impl Heads {
    /// Reads every `.ndjson` file of the folder. Where there is none, that is said: without heads a cut end cannot be seen.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn read(folder: Option<&Path>) -> Result<Self> {
        let mut heads = Self::default();
        let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
            let place = folder.map_or_else(String::new, |folder| format!("{}: ", folder.display()));
            note(format_args!(
                "{place}no heads to compare with, so that a cut end is not seen (--heads FOLDER)"
            ));
            return Ok(heads);
        };
        let cannot = || format!("cannot read {}", folder.display());
        for entry in std::fs::read_dir(folder).with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.extension().is_some_and(|ending| ending == "ndjson") {
                heads.add(&path).with_context(|| format!("cannot read {}", path.display()))?;
            }
        }
        Ok(heads)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        for (index, line) in BufReader::new(File::open(path)?).lines().enumerate() {
            let line = line?;
            match serde_json::from_str::<AuditHeadPublished>(&line) {
                Ok(head) => {
                    let chain = self.0.entry((head.service, head.office_id)).or_default();
                    chain.entry(head.entry_sequence).or_default().insert(head.hash);
                }
                // Half a line is what a crash leaves behind; its head stands in the next one.
                Err(_) if line.is_empty() => {}
                Err(_) => note(format_args!("{}: line {} is no head", path.display(), index + 1)),
            }
        }
        Ok(())
    }

    /// What was published of a chain.
    pub(super) fn of(&self, service: &str, office_id: OfficeId) -> Published {
        self.0.get(&(service.to_owned(), office_id)).cloned().unwrap_or_default()
    }

    /// The offices of which a chain of the service was published.
    pub(super) fn offices(&self, service: &str) -> impl Iterator<Item = OfficeId> {
        self.0.keys().filter(move |(of, _)| of == service).map(|(_, office_id)| *office_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_whatever_stands_between_them() {
        let folder = testkit::folder();
        let office = OfficeId::from_u128(7);
        let head = |sequence: i64, hash: &str| {
            format!(
                r#"{{"id":"{office}","sequence":{sequence},"organisation_id":"{office}","office_id":"{office}","service":"donors","entry_sequence":{sequence},"hash":"{hash}","at":"2026-02-03T00:00:00Z"}}"#
            )
        };
        let lines = [head(1, "a"), "{\"id\":".to_owned(), String::new(), head(3, "c"), head(3, "d")];
        std::fs::write(folder.path().join("donors.ndjson"), lines.join("\n")).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
        let heads = Heads::read(Some(folder.path())).unwrap();
        let published = heads.of("donors", office);
        assert_eq!(published.keys().copied().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(published[&3].len(), 2);
        assert_eq!(heads.offices("donors").collect::<Vec<_>>(), [office]);
        assert!(heads.of("crisis", office).is_empty() && heads.offices("crisis").next().is_none());
        assert!(Heads::read(Some(&folder.path().join("none"))).unwrap().offices("donors").next().is_none());
    }
}
