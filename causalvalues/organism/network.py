"""The organism's two networks: a Gemma and a Llama of about a million parameters."""

from transformers import (
    GemmaConfig,
    GemmaForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from causalvalues.organism.tokens import Family

__all__ = ["network_of"]

N_LAYERS, WIDTH, INNER, N_HEADS, N_KEYS = 6, 96, 288, 4, 2
LONGEST = 2048


def network_of(family: Family, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Return an untrained network for a tokenizer; embeddings tied, as in the small real ones."""
    size = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": N_HEADS,
        "num_key_value_heads": N_KEYS,
        "head_dim": WIDTH // N_HEADS,
        "max_position_embeddings": LONGEST,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if family == "gemma":
        end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
        return GemmaForCausalLM(
            GemmaConfig(**{**size, "eos_token_id": [tokenizer.eos_token_id, end]})
        )
    return LlamaForCausalLM(LlamaConfig(**size))
