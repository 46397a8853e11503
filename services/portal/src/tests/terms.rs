//! A thing is called the same on every page of a language.

use crate::i18n::{Language, sources};

/// A language, what it could call something, and what its pages call it.
const OTHERWISE: [(Language, &str, &str); 10] = [
    (Language::French, "piste d’audit", "journal d’audit"),
    (Language::French, "direction de l’organisation", "chef de l’organisation"),
    (Language::French, "consultations écrites", "procédures écrites"),
    (Language::French, "donateur", "bailleur de fonds"),
    (Language::Spanish, "pista de auditoría", "registro de auditoría"),
    (Language::Spanish, "función", "rol"),
    (Language::Spanish, "funciones", "roles"),
    (Language::Spanish, "respuesta de la dirección", "respuesta del jefe de la organización"),
    (Language::Spanish, "consultas por escrito", "procedimientos escritos"),
    (Language::Spanish, "gastos generales", "costos indirectos"),
];

#[test]
fn texts_call_a_thing_by_one_name() {
    for (language, other, name) in OTHERWISE {
        let mut named = false;
        for (file, source) in sources(language) {
            let source = source.to_lowercase();
            named |= source.contains(name);
            assert!(!source.contains(other), "{file} has {other}: write {name}");
        }
        assert!(named, "no text has {name}");
    }
}
