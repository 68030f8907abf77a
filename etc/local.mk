EXTRA_DIST += %D%/azekurad.service %D%/azekura-watch@.service
EXTRA_DIST += %D%/completion

# Shell completion where the shells look for it; zsh's place differs between a package and /usr/local.
bash_completion = $(DESTDIR)$(datadir)/bash-completion/completions
zsh_completion = $(DESTDIR)$(datadir)/zsh/`test '$(prefix)' = /usr && echo vendor-completions || echo site-functions`
install-data-hook:
	$(MKDIR_P) "$(bash_completion)" "$(zsh_completion)"
	$(INSTALL_DATA) $(srcdir)/etc/completion/azekura.bash "$(bash_completion)/azekura"
	$(INSTALL_DATA) $(srcdir)/etc/completion/azekura.zsh "$(zsh_completion)/_azekura"
uninstall-hook:
	rm -f "$(bash_completion)/azekura" "$(zsh_completion)/_azekura"
