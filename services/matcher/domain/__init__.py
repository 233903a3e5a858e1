"""What the matcher knows and decides, in the words of the glossary; standard library only."""
