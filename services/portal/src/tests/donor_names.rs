//! Donors are called as the reader's language calls them: every template writes their names with `donor_name_of`.

use super::files;

/// How a name could be written otherwise.
const OTHERWISE: [&str; 8] = [
    ".donor_name",
    "{{ donor.name }}",
    "{{ donor.name or",
    "=donor.name",
    "candidate.name",
    "near.name",
    "\"name_\" ~ lang",
    "\"donor_name_\" ~ lang",
];

#[test]
fn templates_write_the_names_of_donors_in_one_way() {
    for (name, source) in files("templates") {
        // Whoever signed in for a donor, whose name is kept in their language; what a file calls a donor.
        let mut source = source.replace("signed_in.donor_name", "");
        // A criterion of a window has its own names.
        source = source.replace("criterion[\"name_\" ~ lang]", "");
        if name == "components/form/import-donor.html" {
            source = source.replace("{{ donor.name }}", "");
        }
        for other in OTHERWISE {
            assert!(!source.contains(other), "{name} has {other}: write donor_name_of(…)");
        }
    }
}

#[test]
fn forms_begin_with_the_names_of_donors_in_the_language_of_their_reader() {
    for (name, source) in files("src/areas") {
        assert!(!source.contains("donor[\"name\"].clone()"), "{name}: write in_language(…)");
    }
}
