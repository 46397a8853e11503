//! The data folder of the embedded mode: closed to others, used by one process at a time, and writable.

use anyhow::{Context as _, Result, bail};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

/// The permission bits of everybody but the owner, and of everybody outside the group.
const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS: u32 = 0o007;

/// A data folder locked by this process until it is dropped.
pub struct Folder {
    /// The folder itself is locked, so that no file can be deleted to get round the lock.
    _lock: File,
    /// The file that version 0.1 locks instead, where it has left one.
    _old_lock: Option<File>,
}

impl Folder {
    /// Creates the folder if it does not exist, locks it, restricts its permissions and tests that it is writable.
    ///
    /// # Errors
    /// When another process has it, others may read it and that cannot be changed, or something in it is read-only.
    pub fn take(path: &Path) -> Result<Self> {
        match Self::take_unless_used(path)? {
            Some(folder) => Ok(folder),
            None => bail!("another Passerelle runs on {}", path.display()),
        }
    }

    /// As [`Folder::take`]; `None` when another process has it.
    ///
    /// # Errors
    /// As [`Folder::take`].
    pub fn take_unless_used(path: &Path) -> Result<Option<Self>> {
        let cannot = |what: &str| format!("cannot {what} the data folder {}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| cannot("create"))?;
        let lock = File::open(path).with_context(|| cannot("open"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| cannot("lock")),
        }
        let old_lock = File::open(path.join("lock")).ok();
        match old_lock.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => return Ok(None),
            Some(Err(TryLockError::Error(error))) => return Err(error).with_context(|| cannot("lock")),
            Some(Ok(())) | None => {}
        }
        close_to_others(path)?;
        check_writable(path)?;
        Ok(Some(Self { _lock: lock, _old_lock: old_lock }))
    }
}

/// Takes permissions away from everybody but the owner: of the folder, of what Passerelle keeps in it, and of what lies in
/// folders of its own that stood open. What else somebody keeps in the folder is left alone.
fn close_to_others(folder: &Path) -> Result<()> {
    let mut mended = usize::from(close(folder, fs::metadata(folder)?.permissions())?);
    let mut holds_data = false;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_ours(&entry.file_name().to_string_lossy()) {
            mended += unless_gone(close_all(&entry.path()))?;
            holds_data = true;
        }
    }
    if mended > 0 && holds_data {
        let folder = folder.display();
        tracing::warn!(%folder, mended, "others could read the data: permissions were taken away from them");
    }
    Ok(())
}

/// Names of what the platform writes into its folder.
fn is_ours(name: &str) -> bool {
    let kinds = [".db", ".db-wal", ".db-shm", ".db-journal", ".files", ".key"];
    ["mail", "audit-heads", "lock", "demo.json", "demo.new"].contains(&name)
        || kinds.iter().any(|kind| name.ends_with(kind))
}

/// A folder that was closed hides what is in it, whatever the modes there: only an open one is walked through.
fn close_all(path: &Path) -> Result<usize> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() || !close(path, metadata.permissions())? {
        return Ok(0);
    }
    let mut mended = 1;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            mended += unless_gone(close_all(&entry?.path()))?;
        }
    }
    Ok(mended)
}

/// What is gone was read by nobody: a database that is just being closed removes the files beside it.
fn unless_gone(closed: Result<usize>) -> Result<usize> {
    let is_gone = |error: &anyhow::Error| {
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
    };
    match closed {
        Err(error) if is_gone(&error) => Ok(0),
        closed => closed,
    }
}

/// Whether something had to be closed.
fn close(path: &Path, permissions: Permissions) -> Result<bool> {
    let mode = permissions.mode();
    if mode & GROUP_AND_OTHERS == 0 {
        return Ok(false);
    }
    let changed = fs::set_permissions(path, Permissions::from_mode(mode & !GROUP_AND_OTHERS));
    // Some file systems say yes and keep no permissions.
    let now = fs::metadata(path)?.permissions().mode();
    if now & OTHERS == 0 {
        return Ok(changed.is_ok());
    }
    let why =
        changed.err().map_or("the file system keeps no permissions".to_owned(), |error| error.to_string());
    bail!(
        "{path} can be read by every user of this machine, and that cannot be changed ({why}): \
         its owner has to run `chmod -R go= {path}`, or choose a folder inside it with --data",
        path = path.display()
    )
}

/// Checks that every database and the folder itself are writable.
fn check_writable(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if [".db", ".db-wal", ".db-shm"].iter().any(|kind| name.ends_with(kind)) {
            match OpenOptions::new().read(true).append(true).open(&path) {
                // SQLite removes its own files when the last connection of the process before is closed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                opened => drop(opened.map_err(|error| cannot_write(&path, error))?),
            }
        }
    }
    let trial = folder.join(format!(".write-{}", std::process::id()));
    match File::create(&trial).and_then(|_| fs::remove_file(&trial)) {
        // A full disk is waited for like any time later.
        Err(error) if error.kind() != ErrorKind::StorageFull => Err(cannot_write(folder, error)),
        _ => Ok(()),
    }
}

/// The error with the file and its permissions, which is mostly where the fault is.
fn cannot_write(path: &Path, error: io::Error) -> anyhow::Error {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o7777);
    anyhow::Error::new(error).context(format!("cannot write to {} (mode {mode:04o})", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::folder;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn make(path: &Path, mode: u32) {
        fs::write(path, "x").unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_removed_meanwhile_is_no_fault() {
        let folder = folder();
        assert_eq!(unless_gone(close_all(&folder.path().join("bus.db-wal"))).unwrap(), 0);
        let other = unless_gone(Err(io::Error::from(ErrorKind::PermissionDenied).into()));
        assert!(other.is_err());
    }

    #[test]
    fn a_folder_that_others_could_read_is_closed_and_what_is_not_ours_is_left_alone() {
        let folder = folder();
        let data = folder.path().join("data");
        for (inner, open) in [("mail", 0o755), ("donors.files", 0o700)] {
            fs::create_dir_all(data.join(inner)).unwrap();
            fs::set_permissions(data.join(inner), Permissions::from_mode(open)).unwrap();
            make(&data.join(inner).join("letter"), 0o644);
        }
        make(&data.join("identity.db"), 0o664);
        make(&data.join("notes.txt"), 0o644);
        fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        let _taken = Folder::take(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("identity.db")), 0o600);
        assert_eq!((mode(&data.join("mail")), mode(&data.join("mail/letter"))), (0o700, 0o600));
        assert_eq!(mode(&data.join("donors.files/letter")), 0o644, "nobody gets to it");
        assert_eq!(mode(&data.join("notes.txt")), 0o644);
    }

    #[test]
    fn a_platform_of_the_old_version_that_runs_has_the_folder() {
        let folder = folder();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        make(&data.join("lock"), 0o600);
        let old = File::open(data.join("lock")).unwrap();
        old.try_lock().unwrap();
        assert!(Folder::take_unless_used(&data).unwrap().is_none());
        drop(old);
        let taken = Folder::take_unless_used(&data).unwrap();
        assert!(taken.is_some() && File::open(data.join("lock")).unwrap().try_lock().is_err());
    }

    #[test]
    fn a_file_that_goes_while_the_folder_is_looked_through_is_no_fault() {
        let folder = folder();
        // What is left of a name whose file is gone.
        std::os::unix::fs::symlink(folder.path().join("gone"), folder.path().join("donors.db-shm")).unwrap();
        check_writable(folder.path()).unwrap();
        make(&folder.path().join("donors.db"), 0o600);
        check_writable(folder.path()).unwrap();
    }

    #[test]
    fn one_process_has_a_folder_whatever_is_deleted_in_it() {
        let folder = folder();
        let data = folder.path().join("data");
        let taken = Folder::take(&data).unwrap();
        assert_eq!(mode(&data), 0o700, "made for its owner");
        for entry in fs::read_dir(&data).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        assert!(Folder::take(&data).err().unwrap().to_string().contains("another Passerelle runs on"));
        drop(taken);
        assert!(Folder::take_unless_used(&data).unwrap().is_some());
    }
}
