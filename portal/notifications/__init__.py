"""After the facts: who hears of them, in which words, and how the mails leave."""
