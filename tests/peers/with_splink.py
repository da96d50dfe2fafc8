# SPDX-License-Identifier: MIT
"""Splink as it is, for tests and benchmarks: needs splink (4 or 5) and duckdb.

    with_splink.py train SET TABLE.csv OUT [P]
                                            trains the model of SET, below, on a table: OUT.json,
                                            and OUT.csv with the pairs of at least probability P
    with_splink.py predict MODEL.json TABLE.csv OUT.csv
    with_splink.py evaluate TABLE.csv OUT   how right OUT.csv is, where the table has the true
                                            person in cluster: metric lines as crm-dedupe's
    with_splink.py compare OUT MODEL.json MATCHES  our matches (with our model) against OUT.csv: counts
                                            of pairs, of those on the same levels, and how far
                                            weights of these are apart, as JSON
"""
import csv
import json
import math
import sys


def table(path):
    import duckdb
    from splink import DuckDBAPI

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(f"CREATE TABLE t AS SELECT * FROM read_csv('{path}', all_varchar = true, header = true)")
    return connection, DuckDBAPI(connection)


def linker(api, settings):
    import splink

    if splink.__version__.startswith("4"):
        return splink.Linker("t", settings, api)
    return splink.Linker(api.register("t"), settings)


def people():
    import splink.comparison_library as cl
    from splink import block_on

    return {
        "comparisons": [
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        "blocks": [block_on("first_name"), block_on("surname"), block_on("dob"), block_on("email")],
        "train": [block_on("first_name", "surname"), block_on("dob")],
        "sure": [block_on("first_name", "surname", "dob"), block_on("email")],
    }


def historical():
    import splink.comparison_library as cl
    from splink import block_on

    return {
        "comparisons": [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.LevenshteinAtThresholds("postcode", [1, 2]),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        "blocks": [
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode", "first_name"),
            block_on("postcode", "surname"),
            block_on("dob", "birth_place"),
        ],
        "train": [block_on("dob"), block_on("first_name", "surname")],
        "sure": [block_on("first_name", "surname", "dob")],
    }


def household():
    import splink.comparison_library as cl
    from splink import block_on

    return {
        "comparisons": [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", [1]),
            cl.JaroWinklerAtThresholds("address", [0.9]),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        "blocks": [
            block_on("email"),
            block_on("phone"),
            block_on("first_name", "surname"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("dob", "postcode"),
        ],
        "train": [block_on("dob"), block_on("first_name", "surname")],
        "sure": [block_on("first_name", "surname", "dob"), block_on("email", "dob")],
    }


SETS = {"people": people, "historical": historical, "household": household}


def predict(connection, link, out, least=0):
    pairs = link.inference.predict().physical_name
    columns = [c[0] for c in connection.execute(f"DESCRIBE {pairs}").fetchall()]
    kept = [c for c in columns if c.startswith(("unique_id_", "match_weight", "gamma_", "mw_", "bf_"))]
    names = ", ".join(f'"{c}"' for c in kept)
    connection.execute(f"COPY (SELECT {names} FROM {pairs} WHERE match_probability >= {least}) TO '{out}' (HEADER)")
    n = connection.execute(f"SELECT (SELECT count(*) FROM {pairs}), (SELECT count(*) FROM t)").fetchone()
    print(f"matches among {n[0]} pairs of {n[1]} profiles", file=sys.stderr)


def train(name, path, out, least=0):
    from splink import SettingsCreator

    model = SETS[name]()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=model["comparisons"],
        blocking_rules_to_generate_predictions=model["blocks"],
        retain_intermediate_calculation_columns=True,
    )
    connection, api = table(path)
    link = linker(api, settings)
    link.training.estimate_probability_two_random_records_match(model["sure"], recall=0.7)
    link.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in model["train"]:
        link.training.estimate_parameters_using_expectation_maximisation(rule)
    link.misc.save_model_to_json(out + ".json", overwrite=True)
    predict(connection, link, out + ".csv", least)


def group_pairs(pairs):
    """All pairs within the groups that pairs make."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in pairs:
        parent[root(a)] = root(b)
    members = {}
    for x in parent:
        members.setdefault(root(x), []).append(x)
    for group in members.values():
        for i, a in enumerate(group):
            for b in group[:i]:
                yield a, b


def evaluate(path, out):
    with open(path) as f:
        truth = {r["unique_id"]: r["cluster"] for r in csv.DictReader(f)}
    sizes = {}
    for cluster in truth.values():
        sizes[cluster] = sizes.get(cluster, 0) + 1
    true = sum(n * (n - 1) // 2 for n in sizes.values())
    with open(out + ".csv") as f:
        rows = [(float(r["match_weight"]), r["unique_id_l"], r["unique_id_r"]) for r in csv.DictReader(f)]
    rows.sort(reverse=True)

    def metric(what, probability, pairs, best=False):
        found = right = 0
        for a, b in pairs:
            found += 1
            right += truth[a] == truth[b]
        p, r = right / max(found, 1), right / max(true, 1)
        print(json.dumps({"type": "metric", "metric": what, "probability": probability, "best": best,
                          "found": found, "right": right, "true": true, "precision": round(p, 4),
                          "recall": round(r, 4), "f1": round(2 * p * r / max(p + r, 1e-9), 4)}))

    metric("blocks", None, [(a, b) for _, a, b in rows])
    for probability in (0.5, 0.95, 0.99):
        least = math.log2(probability / (1 - probability))
        pairs = [(a, b) for w, a, b in rows if w >= least]
        metric("pairs", probability, pairs)
        metric("clusters", probability, group_pairs(pairs))
    right, best = 0, (0, 0)
    for n, (_, a, b) in enumerate(rows, 1):
        right += truth[a] == truth[b]
        best = max(best, (2 * right / (n + true), n))
    metric("pairs", None, [(a, b) for _, a, b in rows[: best[1]]], best=True)


def bits(row, name):
    """Of 5: mw_ in bits; of 4: bf_, a factor."""
    if row.get("mw_" + name) is not None:
        return float(row["mw_" + name])
    factor = row.get("bf_" + name)
    return math.log2(float(factor)) if factor else 0.0


def level_names(path):
    with open(path) as f:
        model = json.load(f)
    return {
        c["output_column_name"]: [
            level["label_for_charts"] for level in c["comparison_levels"] if not level.get("is_null_level")
        ][::-1]
        for c in model["comparisons"]
    }


def our_bits(path):
    with open(path) as f:
        model = json.load(f)
    share = model["share"]
    field = {
        (f["field"], level["level"]): math.log2(level["match"] / level["unrelated"])
        for f in model["fields"]
        for level in f["levels"]
    }
    return math.log2(share["match"] / share["unrelated"]), field


def our_matches(path):
    with open(path) as f:
        for line in f:
            m = json.loads(line)
            if m["type"] == "match":
                yield frozenset((str(m["a"]), str(m["b"]))), m


def compare(out, model, matches):
    labels = level_names(out + ".json")
    prior, field = our_bits(model)
    ours = dict(our_matches(matches))
    n = same = 0
    weight = rarity = total = 0.0
    differ = {}
    with open(out + ".csv") as f:
        for row in csv.DictReader(f):
            n += 1
            m = ours.pop(frozenset((row["unique_id_l"], row["unique_id_r"])), None)
            got = {x["field"]: x for x in m["fields"]} if m else {}
            w, tf, wrong = prior, 0.0, m is None
            for name, label in labels.items():
                gamma = int(row["gamma_" + name])
                level = got.get(name, {}).get("level")
                if m and level != (label[gamma] if gamma >= 0 else None):
                    wrong = True
                    differ[name] = differ.get(name, 0) + 1
                w += field[name, level] if level else 0
                their_tf = bits(row, "tf_adj_" + name)
                tf += their_tf
                if not wrong:
                    rarity = max(rarity, abs(got.get(name, {}).get("tf_bits", 0.0) - their_tf))
            if not wrong:
                same += 1
                weight = max(weight, abs(w - (float(row["match_weight"]) - tf)))
                total = max(total, abs(m["weight"] - float(row["match_weight"])))
    print(json.dumps({"pairs": n, "ours_alone": len(ours), "same_levels": same, "differ": differ,
                      "weight": weight, "rarity": round(rarity, 4), "total": round(total, 4)}))


def main(command, *args):
    if command == "train":
        train(*args)
    elif command == "predict":
        with open(args[0]) as f:
            settings = json.load(f)
        connection, api = table(args[1])
        predict(connection, linker(api, settings), args[2])
    elif command == "evaluate":
        evaluate(*args)
    else:
        compare(*args)


main(*sys.argv[1:])
