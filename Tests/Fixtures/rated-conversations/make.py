"""Writes conversations.json: made-up conversations in the layout of the Chit-Chat Challenge's data set.

Every turn has five words and begins with its author's name; the first says how the conversation was rated.
"""
import itertools
import json
from pathlib import Path

NAMES = ["Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gail", "Hugo", "Ida", "Jon", "Kim", "Leo"]
TOPICS = ["What do you cook?", "Where would you travel?"]
WORDS = ["bread and soup", "trains at night", "rain on tents", "maps of islands", "plums in cake"]


def utterance(author, text):
    return {"text": text, "timestamp": "2020-01-01T00:00:00Z", "sender": author.lower()}


def turn(author, number, conversation, rating):
    words = WORDS[(conversation + number) % len(WORDS)]
    if number == 0:
        return [utterance(author, f"{author} rated {rating}"), utterance(author, " ".join(words.split()[:2]))]
    return [utterance(author, f"{author} says"), utterance(author, words)]


def ratings(mean):
    return {"witty": mean + 1, "upbeat": mean - 1, "interesting": mean} if mean == 5 else dict.fromkeys(
        ["witty", "upbeat", "interesting"], mean)


conversations = {}
for number, pair in enumerate(itertools.combinations(NAMES, 2), start=1):
    rating = 1 + 3 * number % 10
    conversations[f"chat-{number}"] = {
        "messages": [turn(pair[k % 2], k, number, rating) for k in range(4 + number % 2)],
        "ratings": ratings(rating),
        "prompt": TOPICS[number % 2],
    }
first = conversations["chat-1"]
conversations["unrated"] = first | {"ratings": None}
conversations["untouched-1"] = first | {"ratings": dict.fromkeys(["witty", "upbeat", "interesting"], 5)}
conversations["untouched-2"] = first | {"ratings": dict.fromkeys(["interesting", "witty", "upbeat"], 5)}
conversations["alone"] = first | {"messages": first["messages"][::2]}
conversations["short"] = first | {"messages": first["messages"][:3]}

lines = [json.dumps(key) + ": " + json.dumps(value) for key, value in conversations.items()]
Path(__file__).with_name("conversations.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
