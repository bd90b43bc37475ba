# Τα συμβάντα του αρχείου, κατά το όνομά τους στο JSON.

event-signed-in = Σύνδεση
event-signed-out = Αποσύνδεση
event-restored = Η συνεδρία αποκαταστάθηκε σε απομνημονευμένο πρόγραμμα περιήγησης
event-confirmed = Η σύνδεση επιβεβαιώθηκε
event-theft = Ένα διακριτικό ανανέωσης που είχε αντικατασταθεί χρησιμοποιήθηκε ξανά· η σύνδεσή του τερματίστηκε
event-protected = Η συνεδρία χρησιμοποιήθηκε από άλλο πρόγραμμα περιήγησης ή άλλη διεύθυνση
event-ended = Τερματίστηκαν συνδέσεις
event-bad-credentials = Λάθος κωδικοί πρόσβασης
event-breached-password = Σύνδεση με κλεμμένο κωδικό πρόσβασης
event-throttled = Πάρα πολλοί λάθος κωδικοί πρόσβασης
event-registered = Εγγραφή
event-added = Προστέθηκε λογαριασμός
event-imported = Εισήχθησαν λογαριασμοί
event-password-changed = Ο κωδικός πρόσβασης άλλαξε
event-link-made = Δημιουργήθηκε σύνδεσμος για ορισμό κωδικού πρόσβασης
event-link-used = Χρησιμοποιήθηκε σύνδεσμος για ορισμό κωδικού πρόσβασης
event-sign-in-link-used = Χρησιμοποιήθηκε σύνδεσμος ή κωδικός μίας χρήσης για σύνδεση
event-second-factor-added = Ρυθμίστηκε δεύτερος παράγοντας
event-second-factor-removed = Αφαιρέθηκε ο δεύτερος παράγοντας
event-recovery-codes-made = Δημιουργήθηκαν κωδικοί ανάκτησης
event-recovery-code-used = Χρησιμοποιήθηκε κωδικός ανάκτησης
event-bad-code = Λάθος κωδικός μίας χρήσης του δεύτερου παράγοντα
event-codes-guessed = Πολλοί λάθος κωδικοί της εφαρμογής ελέγχου ταυτότητας
event-passkey-added = Προστέθηκε passkey
event-passkey-removed = Αφαιρέθηκε passkey
event-passkey-counter = Απορρίφθηκε passkey, ίσως υπάρχει αντίγραφό του
event-browser-trusted = Πρόγραμμα περιήγησης ορίστηκε ως αξιόπιστο
event-trust-ended = Το πρόγραμμα περιήγησης δεν είναι πλέον αξιόπιστο
event-role-changed = Ο ρόλος άλλαξε
event-activated = Ο λογαριασμός ενεργοποιήθηκε
event-deactivated = Ο λογαριασμός απενεργοποιήθηκε
event-full-name-changed = Το ονοματεπώνυμο άλλαξε
event-address-changed = Η διεύθυνση e-mail άλλαξε
event-notices-changed = Οι ειδοποιήσεις για νέες συσκευές άλλαξαν
event-address-returned = Ανακτήθηκε προηγούμενη διεύθυνση e-mail
event-deleted = Ο λογαριασμός διαγράφηκε
event-key-made = Δημιουργήθηκε κλειδί πρόσβασης
event-key-ended = Τερματίστηκε κλειδί πρόσβασης
event-backup-restored = Επαναφορά αντιγράφου ασφαλείας
event-events-lost = Χάθηκαν συμβάντα
event-events-pruned = Τα παλαιότερα συμβάντα αφαιρέθηκαν

## Ποιος το έκανε, αν δεν ήταν χρήστης

actor-command-line = γραμμή εντολών
actor-mail = ζητήθηκε με e-mail
actor-retention = ρύθμιση audit_retention
