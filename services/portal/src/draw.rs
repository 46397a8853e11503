//! Drawings: SVG made here, each with a title and a description. The figures stand in a table beside it.

mod map;
mod sankey;
mod series;
mod timeline;

pub(crate) use map::{class, map};
pub(crate) use sankey::sankey;
pub(crate) use series::{multiple, series};
pub(crate) use timeline::timeline;

use crate::{
    format::money_short,
    i18n::{Language, text},
};
use minijinja::{Error, Value};
use serde_json::{Value as Json, json};

/// Escapes text for SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Length of a bar in user units of 100.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).clamp(0.0, 100.0) } else { 0.0 }
}

/// A bar of `part` over `whole`; decorative, because the figure stands beside it.
pub(crate) fn bar(part: &str, whole: &str, class: Option<&str>) -> Value {
    let length = share(part.parse().unwrap_or_default(), whole.parse().unwrap_or_default());
    let class = escaped(class.unwrap_or("fill"));
    Value::from_safe_string(format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"{class}\" width=\"{length:.2}\" height=\"8\"/></svg>"
    ))
}

/// A bar of `part` over `whole` that ought to end between `floor` and `ceiling`; decorative, because the figures stand
/// beside it.
pub(crate) fn range_bar(part: &str, whole: &str, floor: &str, ceiling: &str) -> Value {
    let of_whole = |text: &str| share(text.parse().unwrap_or_default(), whole.parse().unwrap_or_default());
    let (length, from, to) = (of_whole(part), of_whole(floor), of_whole(ceiling));
    let limit =
        |at: f64| format!("<rect class=\"limit\" x=\"{:.2}\" width=\"0.8\" height=\"12\"/>", at.min(99.2));
    Value::from_safe_string(format!(
        "<svg class=\"bar range\" viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\
         <rect class=\"track\" x=\"{from:.2}\" width=\"{:.2}\" height=\"12\"/>\
         <rect class=\"fill\" y=\"3\" width=\"{length:.2}\" height=\"6\"/>{}{}</svg>",
        (to - from).max(0.0),
        limit(from),
        limit(to),
    ))
}

/// A column of a column drawing, or a part of a stack.
struct Datum {
    label: String,
    /// What the mark is as long as.
    value: f64,
    /// The figure in words.
    shown: String,
}

/// A mark of a drawing for an amount of US dollars.
pub(crate) fn mark(language: Language, label: &str, usd: &Json) -> Json {
    let amount = usd["amount"].as_str().unwrap_or("0");
    let value = amount.parse::<f64>().unwrap_or_default();
    json!({ "label": label, "value": value, "shown": money_short(language, amount) })
}

/// The marks of a drawing: a list of `{label, value, shown}`.
fn marks(data: &Value) -> Result<Vec<Datum>, Error> {
    let text = |item: &Value, name: &str| {
        Ok::<_, Error>(item.get_attr(name)?.as_str().unwrap_or_default().to_owned())
    };
    let mark = |item: Value| {
        let value = f64::try_from(item.get_attr("value")?)?;
        Ok(Datum { label: text(&item, "label")?, value, shown: text(&item, "shown")? })
    };
    data.try_iter()?.map(mark).collect()
}

/// Columns over time.
pub(crate) fn columns(id: &str, title: &str, description: &str, data: Value) -> Result<Value, Error> {
    const WIDTH: f64 = 96.0;
    const HEIGHT: f64 = 150.0;
    let data = marks(&data)?;
    let most = data.iter().map(|datum| datum.value).fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
    let width = (data.len().max(1) as f64) * WIDTH;
    let mut svg = head(id, title, description, (width, HEIGHT + 50.0), "columns");
    for (index, datum) in data.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen columns")]
        let x = index as f64 * WIDTH;
        let height = share(datum.value, most) / 100.0 * HEIGHT;
        let (top, middle) = (20.0 + HEIGHT - height, x + WIDTH / 2.0);
        svg.push_str(&format!(
            "<rect class=\"fill\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\"/>\
             <text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"figure\">{}</text>\
             <text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x + 18.0,
            WIDTH - 36.0,
            top - 6.0,
            escaped(&datum.shown),
            HEIGHT + 40.0,
            escaped(&datum.label),
        ));
    }
    svg.push_str("</svg>");
    Ok(Value::from_safe_string(svg))
}

/// One bar, its parts side by side.
pub(crate) fn stack(
    language: Language,
    id: &str,
    title: &str,
    description: &str,
    data: Value,
) -> Result<Value, Error> {
    let data = marks(&data)?;
    let colon = text(language, "colon", None);
    let whole: f64 = data.iter().map(|datum| datum.value).sum();
    let mut svg = head(id, title, description, (100.0, 8.0), "stack");
    let mut x = 0.0;
    for (index, datum) in data.iter().enumerate() {
        let width = share(datum.value, whole);
        svg.push_str(&format!(
            "<rect class=\"part-{}\" x=\"{x:.2}\" width=\"{width:.2}\" height=\"8\"><title>{}{colon} {}</title></rect>",
            index % 6,
            escaped(&datum.label),
            escaped(&datum.shown),
        ));
        x += width;
    }
    svg.push_str("</svg>");
    Ok(Value::from_safe_string(svg))
}

fn head(id: &str, title: &str, description: &str, (width, height): (f64, f64), class: &str) -> String {
    let (id, title, description) = (escaped(id), escaped(title), escaped(description));
    // A drawing with links in it is not one image.
    let role = if class == "map" { "group" } else { "img" };
    let stretch = if class == "stack" { " preserveAspectRatio=\"none\"" } else { "" };
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width:.0} {height:.0}\"{stretch} role=\"{role}\" \
         aria-labelledby=\"{id}-title {id}-description\"><title id=\"{id}-title\">{title}</title>\
         <desc id=\"{id}-description\">{description}</desc>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_longer_than_the_track() {
        let drawn = |part: &str, whole: &str| bar(part, whole, None).to_string();
        assert!(drawn("25", "100").contains("width=\"25.00\""));
        assert!(drawn("250", "100").contains("class=\"fill\" width=\"100.00\""));
        assert!(drawn("5", "0").contains("class=\"fill\" width=\"0.00\""));
    }

    #[test]
    fn a_range_is_where_its_limits_are() {
        let drawn = range_bar("500", "1000", "300", "450").to_string();
        assert!(drawn.contains("class=\"track\" x=\"30.00\" width=\"15.00\""), "{drawn}");
        assert!(drawn.contains("class=\"fill\" y=\"3\" width=\"50.00\""), "{drawn}");
        assert_eq!(drawn.matches("limit").count(), 2);
    }

    #[test]
    fn a_colon_is_set_as_the_language_sets_it() {
        let drawn = |language| {
            let mark = serde_json::json!([{ "label": "2026", "value": 1.0, "shown": "1" }]);
            stack(language, "id", "a", "b", Value::from(minijinja::value::Serde(mark))).unwrap().to_string()
        };
        assert!(drawn(Language::English).contains("<title>2026: 1</title>"));
        assert!(drawn(Language::French).contains("<title>2026\u{a0}: 1</title>"));
    }

    #[test]
    fn names_cannot_break_out_of_a_drawing() {
        let mark = serde_json::json!([{ "label": "<script>", "value": 1.0, "shown": "\"1\"" }]);
        let svg = columns("id", "a<b", "c", Value::from(minijinja::value::Serde(mark))).unwrap().to_string();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;") && svg.contains("a&lt;b"));
    }
}
