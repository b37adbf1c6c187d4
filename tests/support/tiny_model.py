"""A language model of a few thousand parameters, made in memory: no hub, no files. It says nothing sensible.

Its vocabulary has whole tool calls as single tokens, so that it makes some by chance. Only where torch is installed.
"""

import json
from typing import Any

from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl.chat_template_utils import qwen2_5_chat_template

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LONGEST_TOKENS = 16384


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def tiny_tokenizer(calls: list[str], texts: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level pairs learned from `texts`, and each of `calls` as one token."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=800, special_tokens=CONTROL, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(each, normalized=False) for each in calls])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"], model_max_length=LONGEST_TOKENS,
    )  # fmt: skip
    fast.chat_template = qwen2_5_chat_template
    return fast


def tiny_model(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=LONGEST_TOKENS, tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
    )  # fmt: skip
    return Qwen2ForCausalLM(config)


def all_but(tokenizer: PreTrainedTokenizerFast, allowed: list[str]) -> list[int]:
    """Ids that the model is not to say: so that it makes tool calls more often than once in a blue moon."""
    kept = set(tokenizer.convert_tokens_to_ids(allowed))
    return [number for number in range(len(tokenizer)) if number not in kept]
