//! The world map: Natural Earth (public domain) as npm's `world-atlas` carries it, projected, simplified, and written as
//! one compact file that the portal draws from.
//!
//! Borders are drawn as lines of their own, each once; those of `disputed.csv`, which names its sources, are dashed.

use anyhow::{Context, Result, bail};
use geo::{Coord, LineString, SimplifyIdx};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    process::Command,
};
use xtask::{cache, root, tools};

const PACKAGE: &str = "world-atlas@2.0.2";
/// Width of the drawing in user units.
const WIDTH: f64 = 2000.0;
/// How far a simplified line may be from the true one, in user units.
const TOLERANCE: f64 = 1.6;
/// A part smaller than this, in square units, is left out.
const MIN_PART_AREA: f64 = 12.0;
/// A country smaller than this, in square units, is also a point, to be seen at all.
const MIN_COUNTRY_AREA: f64 = 90.0;
/// The map is cut at latitudes beyond which nobody lives whom a plan could help.
const MIN_LATITUDE: f64 = -58.0;
const MAX_LATITUDE: f64 = 84.0;

/// Which of the atlas's areas without a number are whose, as the United Nations show them; the glacier is nobody's.
const UNNUMBERED: [(&str, &str); 4] =
    [("Kosovo", "XKX"), ("Somaliland", "SOM"), ("N. Cyprus", "CYP"), ("Siachen Glacier", "-Siachen Glacier")];
/// A part that General Assembly resolution 68/262 counts elsewhere than the atlas: a point in it, from, to.
const REASSIGNED: [(Coord<f64>, &str, &str); 1] = [(Coord { x: 34.3, y: 45.3 }, "RUS", "UKR")];

#[derive(Deserialize)]
struct Topology {
    arcs: Vec<Vec<[f64; 2]>>,
    transform: Transform,
    objects: BTreeMap<String, Collection>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Collection {
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    r#type: String,
    id: Option<String>,
    properties: Option<Properties>,
    #[serde(default)]
    arcs: Value,
}

#[derive(Deserialize)]
struct Properties {
    name: String,
}

#[derive(Deserialize)]
struct Disputed {
    one: String,
    other: String,
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

type Ring = Vec<i64>;

/// Equal Earth (Šavrič, Patterson, Jenny 2018): areas are true. Degrees to user units.
fn projected(point: Coord<f64>) -> Coord<f64> {
    const A: [f64; 4] = [1.340264, -0.081106, 0.000893, 0.003796];
    let half_root = 3f64.sqrt() / 2.0;
    let raw = |longitude: f64, latitude: f64| {
        let angle = (half_root * latitude.to_radians().sin()).asin();
        let (second, sixth) = (angle.powi(2), angle.powi(6));
        let below = half_root * (A[0] + 3.0 * A[1] * second + sixth * (7.0 * A[2] + 9.0 * A[3] * second));
        let x = longitude.to_radians() * angle.cos() / below;
        (x, angle * (A[0] + A[1] * second + sixth * (A[2] + A[3] * second)))
    };
    let scale = WIDTH / (2.0 * raw(180.0, 0.0).0);
    let (x, y) = raw(point.x, point.y);
    Coord { x: WIDTH / 2.0 + x * scale, y: (raw(0.0, MAX_LATITUDE).1 - y) * scale }
}

/// Writes `services/portal/data/world.json`.
///
/// # Errors
/// When npm cannot give the atlas, or it is not as expected.
pub fn make() -> Result<()> {
    let topology = atlas()?;
    let arcs: Vec<Vec<Coord<f64>>> =
        topology.arcs.iter().map(|arc| degrees(arc, &topology.transform)).collect();
    let parts = parts(&topology, &arcs)?;
    let lines: Vec<Vec<Coord<f64>>> = arcs.iter().map(|arc| simplified(arc)).collect();
    let mut countries = serde_json::Map::new();
    let mut areas: BTreeMap<&str, f64> = BTreeMap::new();
    for (code, rings) in &parts {
        let mut path = String::new();
        for ring in rings {
            for outline in on_the_map(&outline(ring, &lines)) {
                let outline = on_paper(&outline);
                let area = area(&outline);
                *areas.entry(code).or_default() += area;
                if area >= MIN_PART_AREA {
                    write_path(&mut path, &outline, true);
                }
            }
        }
        if !path.is_empty() {
            countries.insert(code.trim_start_matches('-').to_owned(), path.into());
        }
    }
    let mut points = serde_json::Map::new();
    let known = countries_of_the_un()?;
    for country in &known {
        let (Some(latitude), Some(longitude)) = (country.latitude, country.longitude) else { continue };
        if areas.get(country.iso3.as_str()).copied().unwrap_or(0.0) < MIN_COUNTRY_AREA
            && latitude > MIN_LATITUDE
        {
            let point = projected(Coord { x: longitude, y: latitude });
            points.insert(country.iso3.clone(), json!([point.x.round(), point.y.round()]));
        }
    }
    let (borders, disputed) = borders(&parts, &arcs, &lines)?;
    let height = projected(Coord { x: 0.0, y: MIN_LATITUDE }).y.round();
    let world = json!({
        "source": format!("Natural Earth 1:50m, public domain, by npm {PACKAGE}; `cargo xtask map`"),
        "width": WIDTH, "height": height, "countries": countries, "points": points,
        "borders": borders, "disputed": disputed,
    });
    let file = root().join("services/portal/data/world.json");
    let text = serde_json::to_string_pretty(&world)? + "\n";
    fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    fs::write(&file, &text)?;
    println!(
        "{}: {} countries, {} points, {} bytes",
        file.display(),
        parts.len(),
        points_of(&world),
        text.len()
    );
    Ok(())
}

fn points_of(world: &Value) -> usize {
    world["points"].as_object().map_or(0, serde_json::Map::len)
}

/// The atlas from npm, kept in the cache of the build.
fn atlas() -> Result<Topology> {
    let folder = cache().join("world-atlas");
    fs::create_dir_all(&folder)?;
    let file = folder.join("package/countries-50m.json");
    if !file.is_file() {
        let packed =
            tools::run(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(&folder))?;
        tools::run(Command::new("tar").args(["-xzf", packed.trim()]).current_dir(&folder))?;
    }
    read(&file)
}

fn read(file: &Path) -> Result<Topology> {
    serde_json::from_slice(&fs::read(file)?).with_context(|| format!("{}", file.display()))
}

/// An arc's points are told as steps from the one before.
fn degrees(arc: &[[f64; 2]], transform: &Transform) -> Vec<Coord<f64>> {
    let (mut x, mut y) = (0.0, 0.0);
    let point = |step: &[f64; 2]| {
        (x, y) = (x + step[0], y + step[1]);
        Coord {
            x: x * transform.scale[0] + transform.translate[0],
            y: y * transform.scale[1] + transform.translate[1],
        }
    };
    arc.iter().map(point).collect()
}

/// The points without which a line would look different, still in degrees.
fn simplified(arc: &[Coord<f64>]) -> Vec<Coord<f64>> {
    LineString::new(on_paper(&unwrapped(arc)))
        .simplify_idx(TOLERANCE)
        .into_iter()
        .map(|index| arc[index])
        .collect()
}

fn on_paper(points: &[Coord<f64>]) -> Vec<Coord<f64>> {
    points.iter().copied().map(projected).collect()
}

/// Going on beyond 180° where a line crosses it.
fn unwrapped(points: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let mut turns = 0.0;
    let mut last = points.first().map_or(0.0, |point| point.x);
    let going_on = |point: &Coord<f64>| {
        turns -= ((point.x - last) / 360.0).round() * 360.0;
        last = point.x;
        Coord { x: point.x + turns, y: point.y }
    };
    points.iter().map(going_on).collect()
}

/// An outline as what lies on the map: in one part, or cut where it crosses 180°.
fn on_the_map(outline: &[Coord<f64>]) -> Vec<Vec<Coord<f64>>> {
    let outline = unwrapped(outline);
    let turn =
        |by: f64| outline.iter().map(|point| Coord { x: point.x + by, y: point.y }).collect::<Vec<_>>();
    let parts = [-360.0, 0.0, 360.0].map(|by| within(&within(&turn(by), -180.0, 1.0), 180.0, -1.0));
    parts.into_iter().filter(|part| part.len() > 2).collect()
}

/// What of an outline lies on one side of a meridian (Sutherland and Hodgman 1974): east of it for a `side` of 1.
fn within(outline: &[Coord<f64>], meridian: f64, side: f64) -> Vec<Coord<f64>> {
    let lies_in = |point: &Coord<f64>| (point.x - meridian) * side >= 0.0;
    let mut kept = Vec::new();
    for (one, next) in pairs(outline) {
        if lies_in(one) {
            kept.push(*one);
        }
        if lies_in(one) != lies_in(next) {
            let share = (meridian - one.x) / (next.x - one.x);
            kept.push(Coord { x: meridian, y: one.y + share * (next.y - one.y) });
        }
    }
    kept
}

/// A country of the platform's own list.
#[derive(Deserialize)]
struct Country {
    iso3: String,
    m49: Option<u16>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// The platform's list. (From its file: this program builds in seconds because it needs none of the platform's crates.)
fn countries_of_the_un() -> Result<Vec<Country>> {
    let file = root().join("libs/kernel/data/countries.csv");
    let mut reader = csv::Reader::from_path(&file).with_context(|| format!("{}", file.display()))?;
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

/// The rings of every country, by code.
fn parts(topology: &Topology, arcs: &[Vec<Coord<f64>>]) -> Result<BTreeMap<String, Vec<Ring>>> {
    let mut parts: BTreeMap<String, Vec<Ring>> = BTreeMap::new();
    let known = countries_of_the_un()?;
    let by_number: BTreeMap<u16, &str> =
        known.iter().filter_map(|country| Some((country.m49?, country.iso3.as_str()))).collect();
    for geometry in &topology.objects.get("countries").context("the atlas has no countries")?.geometries {
        let name = geometry.properties.as_ref().map(|of| of.name.as_str()).unwrap_or_default();
        let number = geometry.id.as_ref().and_then(|id| id.parse().ok());
        let code = match number.and_then(|number: u16| by_number.get(&number).copied()) {
            Some(code) => code.to_owned(),
            None => match UNNUMBERED.iter().find(|(of, _)| *of == name) {
                Some((_, code)) => (*code).to_owned(),
                None => format!("-{name}"),
            },
        };
        let polygons: Vec<Vec<Ring>> = match geometry.r#type.as_str() {
            "Polygon" => vec![serde_json::from_value(geometry.arcs.clone())?],
            "MultiPolygon" => serde_json::from_value(geometry.arcs.clone())?,
            other => bail!("{name} is a {other}"),
        };
        for ring in polygons.into_iter().flatten() {
            let outline = outline(&ring, arcs);
            if outline.iter().all(|point| point.y < MIN_LATITUDE) {
                continue;
            }
            let moved = REASSIGNED.iter().find(|(point, from, _)| *from == code && holds(&outline, *point));
            let code = moved.map_or(code.as_str(), |(_, _, to)| to);
            parts.entry(code.to_owned()).or_default().push(ring);
        }
    }
    for (point, from, to) in REASSIGNED {
        let there = parts.get(to).into_iter().flatten();
        if !there.map(|ring| outline(ring, arcs)).any(|outline| holds(&outline, point)) {
            bail!("nothing of {from} holds {point:?} alone, which belongs to {to}");
        }
    }
    Ok(parts)
}

/// The points of a ring: its arcs one after the other, those with negative numbers backwards.
fn outline(ring: &[i64], lines: &[Vec<Coord<f64>>]) -> Vec<Coord<f64>> {
    let mut points: Vec<Coord<f64>> = Vec::new();
    for &arc in ring {
        let line = usize::try_from(if arc < 0 { !arc } else { arc }).ok().and_then(|index| lines.get(index));
        let mut of_arc: Vec<Coord<f64>> = line.cloned().unwrap_or_default();
        if arc < 0 {
            of_arc.reverse();
        }
        let joined = usize::from(!points.is_empty());
        points.extend(of_arc.into_iter().skip(joined));
    }
    points
}

fn pairs(outline: &[Coord<f64>]) -> impl Iterator<Item = (&Coord<f64>, &Coord<f64>)> {
    outline.iter().zip(outline.iter().cycle().skip(1))
}

fn area(outline: &[Coord<f64>]) -> f64 {
    pairs(outline).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0
}

fn holds(outline: &[Coord<f64>], point: Coord<f64>) -> bool {
    let crossed = pairs(outline).filter(|(a, b)| {
        (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    });
    crossed.count() % 2 == 1
}

/// As whole numbers, each a step from the one before.
fn write_path(path: &mut String, points: &[Coord<f64>], closed: bool) {
    let mut last: Option<(i64, i64)> = None;
    #[expect(clippy::cast_possible_truncation, reason = "a few thousand units")]
    for point in points {
        let here = (point.x.round() as i64, point.y.round() as i64);
        match last {
            None => drop(write!(path, "M{} {}l", here.0, here.1)),
            Some(last) if last == here => continue,
            Some(last) => drop(write!(path, "{} {} ", here.0 - last.0, here.1 - last.1)),
        }
        last = Some(here);
    }
    let end = path.trim_end_matches([' ', 'l']).len();
    path.truncate(end);
    if closed {
        path.push('z');
    }
}

/// The lines between countries, each once: the undisputed, and the disputed.
fn borders(
    parts: &BTreeMap<String, Vec<Ring>>,
    arcs: &[Vec<Coord<f64>>],
    lines: &[Vec<Coord<f64>>],
) -> Result<(String, String)> {
    let mut sides: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (code, rings) in parts {
        for &arc in rings.iter().flatten() {
            sides.entry(usize::try_from(if arc < 0 { !arc } else { arc })?).or_default().insert(code);
        }
    }
    let listed: Vec<Disputed> =
        csv::Reader::from_path(root().join("xtask/disputed.csv"))?.deserialize().collect::<Result<_, _>>()?;
    let mut met = vec![false; listed.len()];
    let (mut plain, mut dashed) = (String::new(), String::new());
    for (arc, codes) in sides.iter().filter(|(_, codes)| codes.len() > 1) {
        let lies_in = |of: &Disputed, point: &Coord<f64>| {
            (of.south..=of.north).contains(&point.y) && (of.west..=of.east).contains(&point.x)
        };
        let dispute = listed.iter().position(|of| {
            codes.contains(of.one.as_str())
                && codes.contains(of.other.as_str())
                && arcs[*arc].iter().any(|point| lies_in(of, point))
        });
        let Some(dispute) = dispute else {
            write_path(&mut plain, &on_paper(&lines[*arc]), false);
            continue;
        };
        met[dispute] = true;
        // A long border may be disputed in a part.
        let stretches = arcs[*arc]
            .chunk_by(|one, next| lies_in(&listed[dispute], one) == lies_in(&listed[dispute], next));
        for stretch in stretches {
            let path = if lies_in(&listed[dispute], &stretch[0]) { &mut dashed } else { &mut plain };
            write_path(path, &on_paper(&simplified(stretch)), false);
        }
    }
    if let Some(index) = met.iter().position(|met| !met) {
        bail!("disputed.csv: {} and {} have no border in the atlas", listed[index].one, listed[index].other);
    }
    Ok((plain, dashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_map_is_where_the_equator_meets_greenwich() {
        let middle = projected(Coord { x: 0.0, y: 0.0 });
        assert!((middle.x - WIDTH / 2.0).abs() < 0.01);
        let east = projected(Coord { x: 180.0, y: 0.0 });
        assert!((east.x - WIDTH).abs() < 0.01 && (east.y - middle.y).abs() < 0.01);
        assert!(projected(Coord { x: 0.0, y: 50.0 }).y < middle.y);
    }

    #[test]
    fn what_crosses_180_degrees_is_cut_there() {
        let at = |x: f64, y: f64| Coord { x, y };
        let parts = on_the_map(&[at(170.0, 60.0), at(-170.0, 60.0), at(-170.0, 70.0), at(170.0, 70.0)]);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| (area(part) - 100.0).abs() < 1e-9));
        assert!(
            parts[0].iter().all(|point| point.x <= -170.0) && parts[1].iter().all(|point| point.x >= 170.0)
        );
    }

    #[test]
    fn rings_are_put_together_forwards_and_backwards() {
        let at = |x: f64, y: f64| Coord { x, y };
        let lines = [
            vec![at(0.0, 0.0), at(10.0, 0.0), at(10.0, 10.0)],
            vec![at(0.0, 0.0), at(0.0, 10.0), at(10.0, 10.0)],
        ];
        let square = outline(&[0, -2], &lines);
        assert_eq!(square.len(), 5);
        assert!((area(&square) - 100.0).abs() < 1e-9);
        assert!(holds(&square, at(5.0, 5.0)) && !holds(&square, at(15.0, 5.0)));
        let mut path = String::new();
        write_path(&mut path, &square, true);
        assert_eq!(path, "M0 0l10 0 0 10 -10 0 0 -10z");
    }
}
