"""Step 6: the proposed result on public notice; anyone may object; each objection is answered and ruled on."""
