#!/usr/bin/env bash
# Proves the layers: every import in Sources/ against the table below, which docs/architecture.md explains.
# SwiftPM does not: a target sees whatever its dependencies bring along.
set -euo pipefail
cd "$(dirname "$0")/.."

below_alignment="Files JSON Hashing RandomNumbers Statistics Tokenization Checkpoints Runs Torch Datasets TorchNN LanguageModels"
all="$below_alignment Charts Feedback FeedbackServer Alignment Evaluation Recipes"

# The modules that a target may import, besides the system's.
allowed() {
    case "$1" in
        CTorch | CLibTorch | CZlib | CCrypto | CStartUp) ;;
        Files | JSON | RandomNumbers | Statistics) ;;
        Hashing) echo CCrypto ;;
        Charts) echo Statistics ;;
        Tokenization) echo JSON ;;
        Checkpoints) echo JSON Files CZlib ;;
        Runs) echo JSON Files Hashing ;;
        Torch) echo CTorch ;;
        Datasets) echo Tokenization JSON RandomNumbers Files ;;
        TorchNN) echo Torch ;;
        Feedback) echo Datasets Tokenization JSON RandomNumbers Statistics Files Hashing Runs GRDB ;;
        LanguageModels) echo TorchNN Torch Checkpoints RandomNumbers ;;
        FeedbackServer) echo Feedback Datasets Tokenization JSON Statistics Charts Hashing Hummingbird Mustache ;;
        Alignment) echo "$below_alignment" ;;
        Evaluation) echo "$below_alignment" Charts Feedback Alignment ;;
        Recipes) echo "$below_alignment" Charts Feedback Alignment Evaluation Yams ;;
        heed) echo "$all" CStartUp ArgumentParser ;;
        TestSupport) echo "$below_alignment" Alignment Testing ;;
        *) return 1 ;;
    esac
}

system="Foundation FoundationEssentials Dispatch Synchronization Glibc Musl Darwin"
violations=0
complain() {
    echo "$1" >&2
    violations=$((violations + 1))
}

# Prints FILE:LINE:MODULE for every import of the Swift files in a folder.
imports() {
    find "$1" -name '*.swift' -print0 | sort -z | xargs -0 -r awk '
        {
            line = $0
            while (sub(/^[ \t]*@[A-Za-z_]+(\([^)]*\))?[ \t]+/, "", line)) { }
            sub(/^[ \t]*((public|package|internal|fileprivate|private)[ \t]+)?/, "", line)
            if (line !~ /^import[ \t]/) next
            sub(/^import[ \t]+((struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?/, "", line)
            sub(/[^A-Za-z0-9_].*$/, "", line)
            print FILENAME ":" FNR ":" line
        }'
}

for folder in Sources/*/; do
    target=$(basename "$folder")
    if ! permitted=$(allowed "$target"); then
        complain "$folder: no layer; give the target a line in scripts/check-layers.sh and docs/architecture.md"
        continue
    fi
    while IFS=: read -r file line module; do
        case " $system $permitted " in
            *" $module "*) ;;
            *) complain "$file:$line: $target may not import $module; it may import: ${permitted:-the system only}" ;;
        esac
    done < <(imports "$folder")
done

# libtorch is seen by CTorch alone.
while IFS=: read -r file line text; do
    complain "$file:$line: only Sources/CTorch may include libtorch's headers, found: $text"
done < <(grep -rnE '#[ \t]*include[ \t]*<(ATen|c10|torch)/' Sources --exclude-dir=CTorch --exclude-dir=CLibTorch || true)

if [ "$violations" -gt 0 ]; then
    echo "$violations import(s) against the layers" >&2
    exit 1
fi
