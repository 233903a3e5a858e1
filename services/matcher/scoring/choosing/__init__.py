"""Who is proposed to whom when not all can be: rounds, consortia, local projects (stages 5 and 6)."""
