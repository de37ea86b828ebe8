"""Small checkpoints of the architectures of the experiments, laid out as the hub's cache is."""

import hashlib
import sys
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from causalvalues.survey.inventory import inventory
from causalvalues.survey.protocol import Protocol
from causalvalues.survey.roles import anchored_roles

sys.path.append(str(Path(__file__).parents[1] / "models"))
import tiny_models

KIND_BY_NAME = {"google/gemma-2b-it": "gemma", "meta-llama/Meta-Llama-3-8B-Instruct": "llama3"}
N_ROLES = 6  # that the head is made for


def in_cache(home: Path, name: str) -> Path:
    """Write a checkpoint into a cache under a name of the hub, and return the cache's home."""
    root = home / "hub" / f"models--{name.replace('/', '--')}"
    commit = hashlib.sha1(name.encode()).hexdigest()
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(commit, encoding="utf-8")
    answering(tiny_models.save(KIND_BY_NAME[name], root / "snapshots" / commit))
    return home


def answering(folder: Path) -> Path:
    """Give a random checkpoint a head that says a letter, which one depends on what it read."""
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    said = [tokenizer.decode([place]).strip() for place in range(len(tokenizer))]
    letters = [place for place, word in enumerate(said) if word in tuple("ABCDEF")]
    items = inventory("schwartz10")
    questions = tuple(Protocol().questions(items))
    roles = anchored_roles(items.system, N_ROLES)
    with torch.no_grad():
        read = torch.stack(
            [
                _read(model, tokenizer, f"{role.text}\n\n{question.text}")
                for role, question in zip(roles, questions, strict=False)
            ]
        )
        common = torch.linalg.lstsq(read, torch.ones(len(read), 1)).solution[:, 0]
        head = torch.randn_like(model.lm_head.weight) * 0.02
        head[letters] += 7 * common + torch.randn(len(letters), len(common)) * 0.1
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(head)
    model.save_pretrained(folder)
    return folder


def _read(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str) -> torch.Tensor:
    """What the head sees after a prompt."""
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
    )
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    return model.model(ids).last_hidden_state[0, -1]
