"""Officers examine, review and decide; an annulled refusal is decided anew."""
